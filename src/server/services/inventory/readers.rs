//! Target leases: of several instances on one database, one reads each target in the background.
//!
//! Whoever has the lease renews it well before it ends, and says in the database what it found. If it dies, another
//! instance takes the lease as soon as its connection is gone; if it is suspended, once the lease has expired. A reader
//! that can't reach AWS leaves the target to the others, as its own credentials or network may be the reason.

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
/// How long a reader fails until it leaves its target to the other instances.
pub const LEFT_AFTER: Duration = Duration::from_secs(120);
/// How long it leaves the target to them: several times longer than they take to notice.
const LEFT_FOR: Duration = Duration::from_secs(5);
/// How long giving up the leases may take when the server stops.
const LAST_WORD: Duration = Duration::from_millis(500);

/// Takes and renews leases until `stop`, then gives them up, so that others needn't wait. Leaves a target that it fails
/// to read for `left_after` to other instances.
pub async fn hold_leases(store: Store, inventory: Arc<Inventory>, left_after: Duration, stop: CancellationToken) {
    let mut holder = LeaseHolder {
        store,
        inventory,
        left_after,
        renewed_at: None,
        recorded: HashMap::new(),
        failing_since: HashMap::new(),
        left_at: HashMap::new(),
    };
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
    left_after: Duration,
    /// By the steady clock, like all times here.
    renewed_at: Option<Duration>,
    /// What the database has of this instance's findings, by target.
    recorded: HashMap<String, TargetFindings>,
    /// Since when this instance reads a target and fails.
    failing_since: HashMap<String, Duration>,
    /// When this instance last left a target to the others.
    left_at: HashMap<String, Duration>,
}

impl LeaseHolder {
    async fn step(&mut self) -> Result<(), StoreError> {
        self.renew().await?;
        self.leave().await?;
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

    /// Leaves the targets that this instance keeps failing to read to whoever takes them. If nobody does, it takes them
    /// again.
    async fn leave(&mut self) -> Result<(), StoreError> {
        let now = SystemClock.steady();
        for (index, target) in self.inventory.targets().iter().enumerate() {
            if !self.inventory.reads(target) || !self.inventory.is_failing(index) {
                self.failing_since.remove(&target.id);
                continue;
            }
            let since = *self.failing_since.entry(target.id.clone()).or_insert(now);
            if now.saturating_sub(since) < self.left_after {
                continue;
            }
            self.failing_since.remove(&target.id);
            self.left_at.insert(target.id.clone(), now);
            tracing::warn!(target_id = target.id, "{} can't be read: another instance may take it", target.label());
            self.inventory.set_lease(target, Duration::ZERO);
            self.store.leave_target(&target.id).await?;
        }
        Ok(())
    }

    async fn take(&self) -> Result<(), StoreError> {
        let inventory = &self.inventory;
        // Before the database counts, as for a renewal.
        let now = SystemClock.steady();
        let is_left = |id: &str| self.left_at.get(id).is_some_and(|at| now.saturating_sub(*at) < LEFT_FOR);
        let lacking = inventory.targets().iter().filter(|target| !inventory.reads(target) && !is_left(&target.id));
        let lacking: Vec<&str> = lacking.map(|target| target.id.as_str()).collect();
        if lacking.is_empty() {
            return Ok(());
        }
        let time = self.store.now(inventory.clock.now()).await?;
        if !self.store.has_free_target(&lacking, time).await? {
            return Ok(());
        }
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

    /// Returns whether a target can't be read, although nobody has paused that.
    fn is_failing(&self, index: usize) -> bool {
        self.read().health.get(index).is_some_and(|health| health.problem.is_some() && health.pause.is_none())
    }

    fn findings(&self, index: usize) -> Option<TargetFindings> {
        self.read().health.get(index).map(TargetHealth::findings)
    }
}
