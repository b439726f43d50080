//! Pausing a target's background reads: because AWS throttles someone else, or while the account is being worked on.

use std::sync::Arc;

use thiserror::Error;

use super::Inventory;
use crate::{
    model::{
        access::requester::{Requester, Uncertain},
        inventory::Pause,
        time::Timestamp,
    },
    server::{
        adapters::{
            aws::targets::Target,
            store::{Store, StoreError, targets as table},
        },
        services::audit::{self, AuditAction, AuditEvent},
    },
};

/// Why a target wasn't paused or resumed.
#[derive(Debug, Error)]
pub enum PauseError {
    #[error("there is no such target")]
    NotFound,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Uncertain> for PauseError {
    fn from(uncertain: Uncertain) -> Self {
        Self::Store(uncertain.into())
    }
}

impl Inventory {
    /// Pauses a target, unless it is paused already.
    ///
    /// # Errors
    /// When this person has no such target, or the database can't be written; then it isn't paused.
    pub async fn pause(
        &self,
        store: &Store,
        requester: &Requester,
        id: &str,
        now: Timestamp,
    ) -> Result<(), PauseError> {
        let target = self.reached(requester, id)?;
        let pause = Pause { by: requester.user_name.clone(), at: now };
        requester.require_certain()?;
        let mut tx = store.write().await?;
        if table::pause(&mut tx, &target.id, &pause).await? {
            let event = AuditEvent::by(&requester.actor(), pause.at, AuditAction::TargetPaused, &target.label());
            audit::append(&mut tx, event).await?;
        }
        tx.commit().await?;
        self.read_pauses(store).await
    }

    /// Ends a target's pause, if it has one.
    ///
    /// # Errors
    /// Like [`Inventory::pause`]; then it stays paused.
    pub async fn resume(
        &self,
        store: &Store,
        requester: &Requester,
        id: &str,
        now: Timestamp,
    ) -> Result<(), PauseError> {
        let target = self.reached(requester, id)?;
        requester.require_certain()?;
        let mut tx = store.write().await?;
        if table::resume(&mut tx, &target.id).await? {
            let event = AuditEvent::by(&requester.actor(), now, AuditAction::TargetResumed, &target.label());
            audit::append(&mut tx, event).await?;
        }
        tx.commit().await?;
        self.read_pauses(store).await
    }

    fn reached(&self, requester: &Requester, id: &str) -> Result<Arc<Target>, PauseError> {
        let reached =
            |target: &&Arc<Target>| target.id == id && requester.scope.reaches(&target.account(), &target.region);
        self.targets().iter().find(reached).cloned().ok_or(PauseError::NotFound)
    }

    /// The database decides, even if two people pressed two buttons at once.
    async fn read_pauses(&self, store: &Store) -> Result<(), PauseError> {
        self.take_over_pauses(&store.pauses().await?);
        Ok(())
    }
}
