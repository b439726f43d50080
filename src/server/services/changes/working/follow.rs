//! Shows what other instances on the same database do: to changes, rows, targets and keys.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::server::{
    adapters::{
        clock::{self, Clock, SystemClock},
        store::{Store, StoreError, changes::AT_A_TIME},
    },
    services::{changes::collaborators::Collaborators, inventory::Inventory, keys::Keys},
};

/// How often to look for commits while Postgres tells of each.
pub const FOLLOWED_EVERY: Duration = Duration::from_secs(5);
/// The same while it doesn't.
const LOOKED_FOR_EVERY: Duration = Duration::from_millis(500);
/// How often streams are forgotten that AWS stopped listing a day ago.
const FORGOTTEN_EVERY: Duration = Duration::from_secs(60);

/// Follows what is committed, for this instance's browsers.
#[derive(Debug)]
pub struct Follower {
    store: Store,
    inventory: Arc<Inventory>,
    keys: Arc<Keys>,
    every: Duration,
    stop: CancellationToken,
}

impl Follower {
    /// Starts after what the inventory has loaded.
    pub fn new(with: &Collaborators) -> Self {
        let Collaborators { store, inventory, keys, follow_every, stop, .. } = with.clone();
        Self { store, inventory, keys, every: follow_every, stop }
    }

    /// Follows until the server stops.
    pub async fn run(self: Arc<Self>) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = self.follow_on() => {}
        }
    }

    async fn follow_on(&self) {
        let mut commits = self.store.commits();
        let mut forgotten_at = SystemClock.steady();
        match self.store.key_looks_after(0).await {
            Ok(looks) => self.keys.take_over(looks),
            Err(error) => tracing::error!(%error, "what KMS said before can't be read: {error}"),
        }
        loop {
            if let Err(error) = self.follow().await {
                tracing::error!(%error, "what other instances do can't be shown yet: {error}");
                clock::sleep(LOOKED_FOR_EVERY).await;
            }
            let now = SystemClock.steady();
            if now.saturating_sub(forgotten_at) >= FORGOTTEN_EVERY {
                self.inventory.forget_past();
                forgotten_at = now;
            }
            commits.next(self.every, LOOKED_FOR_EVERY).await;
        }
    }

    /// Shows this instance's browsers what was committed since the last time.
    async fn follow(&self) -> Result<(), StoreError> {
        loop {
            let known = self.inventory.events().rev();
            let committed = self.store.last_rev().await?;
            if committed <= known {
                return Ok(());
            }
            let streams = self.store.streams_elsewhere_after(known).await?;
            let changes = self.store.changes_after(known).await?;
            let findings = self.store.findings_after(known).await?;
            let looks = self.store.key_looks_after(known).await?;
            // The rest of a long list follows in the next round.
            let last_change = changes.last().map(|change| change.rev).filter(|_| changes.len() >= AT_A_TIME);
            let ends = [streams.goes_on_after, last_change].into_iter().flatten();
            let shown = ends.fold(committed, i64::min);
            self.inventory.take_over_streams(streams.stored);
            for change in &changes {
                self.inventory.record_change_elsewhere(change);
            }
            self.inventory.take_over_findings(findings);
            self.keys.take_over(looks);
            self.inventory.events().advance(shown);
        }
    }
}
