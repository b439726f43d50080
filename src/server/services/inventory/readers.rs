//! Target leases: of several instances on one database, one reads each target in the background.
//!
//! Whoever has the lease renews it well before it ends, and says in the database what it found. If it dies, another
//! instance takes the lease as soon as its connection is gone; if it is suspended, once the lease is over.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::Inventory;
use crate::{
    model::inventory::{TargetFindings, TargetHealth},
    server::adapters::{
        aws::targets::Target,
        clock::{Clock, SystemClock, timeout},
        store::{Store, StoreError, target_readers::READER_LEASE_MS},
    },
};

/// How long a lease holds.
const LEASE: Duration = Duration::from_millis(READER_LEASE_MS.unsigned_abs());
/// How often to renew leases: three times before they end.
const RENEWED_EVERY: Duration = Duration::from_secs(10);
/// How often to look for targets that nobody reads.
const LOOKED_FOR_EVERY: Duration = Duration::from_secs(1);
/// How long giving up the leases may take when the server stops.
const LAST_WORD: Duration = Duration::from_millis(500);

/// Takes and renews leases until `stop`. Then gives them up, so that others needn't wait.
pub async fn hold_leases(store: Store, inventory: Arc<Inventory>, stop: CancellationToken) {
    let mut holder = LeaseHolder { store, inventory, renewed_at: None, recorded: HashMap::new() };
    loop {
        if let Err(error) = holder.step().await {
            tracing::error!(%error, "target leases can't be taken or renewed yet; trying again: {error}");
        }
        tokio::select! {
            () = stop.cancelled() => return holder.give_up().await,
            () = holder.inventory.leases.rung(LOOKED_FOR_EVERY) => {}
        }
    }
}

struct LeaseHolder {
    store: Store,
    inventory: Arc<Inventory>,
    /// By the steady clock.
    renewed_at: Option<Duration>,
    /// What the database has of this instance's findings, by target.
    recorded: HashMap<String, TargetFindings>,
}

impl LeaseHolder {
    async fn step(&mut self) -> Result<(), StoreError> {
        self.renew().await?;
        self.take().await?;
        self.record_findings().await
    }

    async fn renew(&mut self) -> Result<(), StoreError> {
        // Before the database counts, so that the lease never ends there first.
        let now = SystemClock.steady();
        if self.renewed_at.is_some_and(|at| now.saturating_sub(at) < RENEWED_EVERY) {
            return Ok(());
        }
        let kept = self.store.renew_target_leases().await?;
        for target in self.inventory.targets() {
            let end = if kept.contains(&target.id) { now + LEASE } else { Duration::ZERO };
            self.inventory.set_lease(target, end);
        }
        self.renewed_at = Some(now);
        // Whoever took a lease over may have found something before that was known here.
        self.inventory.adopt_findings(self.store.findings_after(0).await?);
        Ok(())
    }

    async fn take(&self) -> Result<(), StoreError> {
        let inventory = &self.inventory;
        let lacking = inventory.targets().iter().filter(|target| !inventory.reads(target));
        let lacking: Vec<&str> = lacking.map(|target| target.id.as_str()).collect();
        if lacking.is_empty() {
            return Ok(());
        }
        let time = self.store.now(inventory.clock.now()).await?;
        if !self.store.has_free_target(&lacking, time).await? {
            return Ok(());
        }
        let now = SystemClock.steady();
        let taken = self.store.take_targets(&lacking).await?;
        for target in inventory.targets().iter().filter(|target| taken.contains(&target.id)) {
            inventory.set_lease(target, now + LEASE);
        }
        Ok(())
    }

    /// Records what is new of what was found, each target's by itself: nobody waits long for the write lock.
    async fn record_findings(&mut self) -> Result<(), StoreError> {
        for (index, target) in self.inventory.targets().iter().enumerate() {
            if !self.inventory.reads(target) {
                self.recorded.remove(&target.id);
                continue;
            }
            let Some(findings) = self.inventory.findings(index) else { continue };
            if self.recorded.get(&target.id) == Some(&findings) {
                continue;
            }
            if self.store.record_findings(&target.id, &findings).await? {
                self.recorded.insert(target.id.clone(), findings);
            } else {
                self.inventory.set_lease(target, Duration::ZERO);
            }
        }
        Ok(())
    }

    async fn give_up(&self) {
        self.inventory.targets().iter().for_each(|target| self.inventory.set_lease(target, Duration::ZERO));
        if !matches!(timeout(LAST_WORD, self.store.release_targets()).await, Ok(Ok(()))) {
            tracing::warn!("the leases of targets could not be released; other instances wait until they expire");
        }
    }
}

impl Inventory {
    /// Returns whether this instance reads a target in the background, unless that is paused.
    pub fn reads(&self, target: &Target) -> bool {
        self.index_of(target).is_some_and(|index| self.leases.has(index))
    }

    fn set_lease(&self, target: &Target, end: Duration) {
        let Some(index) = self.index_of(target) else { return };
        if !self.leases.set(index, end) {
            return;
        }
        let (label, id) = (target.label(), &target.id);
        if self.leases.has(index) {
            tracing::info!(target_id = id, "this instance reads {label} from now on");
        } else {
            tracing::info!(target_id = id, "this instance no longer reads {label}");
        }
        self.bells[index].notify_waiters();
    }

    fn findings(&self, index: usize) -> Option<TargetFindings> {
        self.read().health.get(index).map(TargetHealth::findings)
    }
}
