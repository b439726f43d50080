//! Pausing a target's background reads: because AWS throttles someone else, or while the account is being worked on.
//! Every pause ends by itself.

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use super::Inventory;
use crate::{
    model::{
        access::requester::{Requester, Uncertain},
        inventory::{Pause, PauseLength},
        time::Timestamp,
    },
    server::{
        adapters::{
            aws::targets::Target,
            clock::Clock,
            store::{Store, StoreError, StoredPause, Tx, targets as table},
        },
        services::audit::{self, AuditAction, AuditEvent},
    },
};

/// How often to look for pauses that have ended, and for pauses set by other instances.
const FOLLOWED_EVERY: Duration = Duration::from_secs(2);

/// Why a target wasn't paused or resumed.
#[derive(Debug, Error)]
pub enum PauseError {
    #[error("there is no such target")]
    NotFound,
    #[error("the user's scope is only a part of the target")]
    NotWhole,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Uncertain> for PauseError {
    fn from(uncertain: Uncertain) -> Self {
        Self::Store(uncertain.into())
    }
}

/// The pauses of targets, as users set them. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Pauses {
    inventory: Arc<Inventory>,
    store: Store,
    clock: Arc<dyn Clock>,
    known: Arc<Mutex<Known>>,
}

/// The pauses that were last in the database, and when each ends by the steady clock, which nobody can set.
#[derive(Debug, Default)]
struct Known {
    pauses: Vec<StoredPause>,
    ends: HashMap<String, (Pause, Duration)>,
}

impl Known {
    /// Takes over the pauses in the database.
    fn set(&mut self, pauses: Vec<StoredPause>, now: Timestamp, steady: Duration) {
        self.ends.retain(|target, (pause, _)| pauses.iter().any(|is| is.target == *target && is.pause == *pause));
        for StoredPause { target, pause } in &pauses {
            let left = Duration::from_millis(pause.until.millis_since(now).max(0).unsigned_abs());
            self.ends.entry(target.clone()).or_insert_with(|| (pause.clone(), steady.saturating_add(left)));
        }
        self.pauses = pauses;
    }

    fn is_over(&self, stored: &StoredPause, now: Timestamp, steady: Duration) -> bool {
        stored.pause.is_over(now) || self.ends.get(&stored.target).is_none_or(|(_, end)| steady >= *end)
    }
}

impl Pauses {
    /// Creates the service for an inventory that was just opened.
    pub fn new(inventory: Arc<Inventory>, store: Store, clock: Arc<dyn Clock>) -> Self {
        let mut known = Known::default();
        known.set(inventory.pauses(), clock.now(), clock.steady());
        Self { inventory, store, clock, known: Arc::new(Mutex::new(known)) }
    }

    /// Checks that a user may pause and resume a target: the user's scope has all of it.
    ///
    /// # Errors
    /// If the user has no such target, or only a part of it.
    pub fn check(&self, requester: &Requester, id: &str) -> Result<(), PauseError> {
        self.owned(requester, id).map(drop)
    }

    /// Pauses a target. One that is already paused keeps its pause.
    ///
    /// # Errors
    /// If the user may not, or the database can't be written. Then the target is still read.
    pub async fn pause(&self, requester: &Requester, id: &str, length: PauseLength) -> Result<(), PauseError> {
        let target = self.owned(requester, id)?;
        requester.require_certain()?;
        let now = self.now().await?;
        self.read(now).await?;
        let over = self.split(now).1;
        let mut tx = self.store.write().await?;
        for ended in over.iter().filter(|over| over.target == target.id) {
            self.end(&mut tx, ended, now).await?;
        }
        let pause = length.begun(requester.user_name.clone(), now);
        if table::pause(&mut tx, &target.id, &pause).await? {
            let event = AuditEvent::by(&requester.actor(), now, AuditAction::TargetPaused, &target.label());
            let event = AuditEvent { after: format!("until {}", pause.until.rfc3339()), ..event };
            audit::append(&mut tx, event).await?;
        }
        tx.commit().await?;
        self.apply(now).await
    }

    /// Ends a target's pause, if it has one.
    ///
    /// # Errors
    /// See [`Pauses::pause`]. Then the target stays paused.
    pub async fn resume(&self, requester: &Requester, id: &str) -> Result<(), PauseError> {
        let target = self.owned(requester, id)?;
        requester.require_certain()?;
        let now = self.now().await?;
        let mut tx = self.store.write().await?;
        if table::resume(&mut tx, &target.id).await? {
            let event = AuditEvent::by(&requester.actor(), now, AuditAction::TargetResumed, &target.label());
            audit::append(&mut tx, event).await?;
        }
        tx.commit().await?;
        self.apply(now).await
    }

    /// Ends pauses whose time is over, and applies those set by other instances, until `stop`.
    pub async fn follow(self, stop: CancellationToken) {
        let mut commits = self.store.commits();
        loop {
            if let Err(error) = self.follow_once().await {
                tracing::error!(%error, "the pauses of targets can't be kept up to date yet: {error}");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = commits.next(FOLLOWED_EVERY, FOLLOWED_EVERY) => {}
            }
        }
    }

    async fn follow_once(&self) -> Result<(), PauseError> {
        let (now, read) = match self.now().await {
            Ok(now) => (now, self.read(now).await),
            // Pauses end even if the database doesn't answer.
            Err(error) => (self.clock.now(), Err(error)),
        };
        let (running, over) = self.split(now);
        self.inventory.take_over_pauses(&running);
        read?;
        if !over.is_empty() {
            let mut tx = self.store.write().await?;
            for ended in &over {
                self.end(&mut tx, ended, now).await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }

    /// Removes a pause whose time is over, unless someone else has done so.
    async fn end(&self, tx: &mut Tx, over: &StoredPause, now: Timestamp) -> Result<(), StoreError> {
        if !table::end(tx, over).await? {
            return Ok(());
        }
        let target = self.inventory.targets().iter().find(|target| target.id == over.target);
        let label = target.map_or_else(|| over.target.clone(), |target| target.label());
        let event = AuditEvent::by_server(now, AuditAction::TargetResumed, &label);
        let result = format!("ended by itself; paused by {}", over.pause.by);
        audit::append(tx, AuditEvent { result, ..event }).await
    }

    fn owned(&self, requester: &Requester, id: &str) -> Result<Arc<Target>, PauseError> {
        let reached =
            |target: &&Arc<Target>| target.id == id && requester.scope.reaches(&target.account(), &target.region);
        let target = self.inventory.targets().iter().find(reached).ok_or(PauseError::NotFound)?;
        let has_all = requester.scope.covers_target(&target.account(), &target.region);
        if has_all { Ok(target.clone()) } else { Err(PauseError::NotWhole) }
    }

    /// The time on which all instances agree.
    async fn now(&self) -> Result<Timestamp, StoreError> {
        self.store.now(self.clock.now()).await
    }

    /// Applies the pauses in the database, which decides even if two users acted at once.
    async fn apply(&self, now: Timestamp) -> Result<(), PauseError> {
        self.read(now).await?;
        self.inventory.take_over_pauses(&self.split(now).0);
        Ok(())
    }

    async fn read(&self, now: Timestamp) -> Result<(), StoreError> {
        let pauses = self.store.pauses().await?;
        self.known.lock().set(pauses, now, self.clock.steady());
        Ok(())
    }

    /// Returns the known pauses that go on, and those that are over.
    fn split(&self, now: Timestamp) -> (Vec<StoredPause>, Vec<StoredPause>) {
        let (known, steady) = (self.known.lock(), self.clock.steady());
        known.pauses.iter().cloned().partition(|pause| !known.is_over(pause, now, steady))
    }
}
