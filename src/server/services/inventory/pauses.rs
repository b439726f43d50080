//! Pausing a target's background reads: because AWS throttles someone else, or while the account is being worked on.

use std::sync::Arc;

use thiserror::Error;

use super::Inventory;
use crate::{
    model::{
        access::requester::{Requester, Uncertain},
        inventory::Pause,
    },
    server::{
        adapters::{
            aws::targets::Target,
            clock::Clock,
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

/// The pauses of targets, as users set them.
#[derive(Debug)]
pub struct Pauses {
    inventory: Arc<Inventory>,
    store: Store,
    clock: Arc<dyn Clock>,
}

impl Pauses {
    pub const fn new(inventory: Arc<Inventory>, store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { inventory, store, clock }
    }

    /// Pauses a target. One that is already paused keeps its pause.
    ///
    /// # Errors
    /// If the user has no such target, or the database can't be written. Then the target is still read.
    pub async fn pause(&self, requester: &Requester, id: &str) -> Result<(), PauseError> {
        let target = self.reached(requester, id)?;
        let pause = Pause { by: requester.user_name.clone(), at: self.clock.now() };
        requester.require_certain()?;
        let mut tx = self.store.write().await?;
        if table::pause(&mut tx, &target.id, &pause).await? {
            let event = AuditEvent::by(&requester.actor(), pause.at, AuditAction::TargetPaused, &target.label());
            audit::append(&mut tx, event).await?;
        }
        tx.commit().await?;
        self.read().await
    }

    /// Ends a target's pause, if it has one.
    ///
    /// # Errors
    /// See [`Pauses::pause`]. Then the target stays paused.
    pub async fn resume(&self, requester: &Requester, id: &str) -> Result<(), PauseError> {
        let target = self.reached(requester, id)?;
        requester.require_certain()?;
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        if table::resume(&mut tx, &target.id).await? {
            let event = AuditEvent::by(&requester.actor(), now, AuditAction::TargetResumed, &target.label());
            audit::append(&mut tx, event).await?;
        }
        tx.commit().await?;
        self.read().await
    }

    fn reached(&self, requester: &Requester, id: &str) -> Result<Arc<Target>, PauseError> {
        let reached =
            |target: &&Arc<Target>| target.id == id && requester.scope.reaches(&target.account(), &target.region);
        self.inventory.targets().iter().find(reached).cloned().ok_or(PauseError::NotFound)
    }

    /// Applies the pauses in the database, which decides even if two users acted at once.
    async fn read(&self) -> Result<(), PauseError> {
        self.inventory.take_over_pauses(&self.store.pauses().await?);
        Ok(())
    }
}
