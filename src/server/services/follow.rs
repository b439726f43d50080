//! Shows what other instances on the same database do: to changes, rows, targets and keys.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{inventory::Inventory, keys::Keys};
use crate::server::adapters::{
    clock::{self, Clock, SystemClock},
    store::{Store, StoreError, changes::AT_A_TIME, raise_rev},
};

/// How often to poll for commits while notifications of them come.
pub const POLLED_EVERY: Duration = Duration::from_secs(5);
/// The same while they don't.
const LOOKED_FOR_EVERY: Duration = Duration::from_millis(500);
/// How often to look whether the database has failed over.
const FAILOVER_LOOKED_FOR_EVERY: Duration = Duration::from_secs(1);
/// How often streams are forgotten that AWS stopped listing a day ago.
const FORGOTTEN_EVERY: Duration = Duration::from_secs(60);
/// After so long without the database, everything is read again: what was deleted meanwhile leaves no trace.
const LONG_CUT_OFF: Duration = Duration::from_secs(3_600);

/// Follows what is committed, for this instance's browsers, until `stop`. Starts after what the inventory has loaded.
pub async fn follow_commits(
    store: Store,
    inventory: Arc<Inventory>,
    keys: Arc<Keys>,
    polled_every: Duration,
    stop: CancellationToken,
) {
    let now = SystemClock.steady();
    let mut follower = Follower {
        store,
        inventory,
        keys,
        history: String::new(),
        looked_at: None,
        followed_at: now,
        must_begin_again: false,
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = follower.run(polled_every) => {}
    }
}

struct Follower {
    store: Store,
    inventory: Arc<Inventory>,
    keys: Arc<Keys>,
    /// The database's history, as last seen.
    history: String,
    /// When that was, by the steady clock.
    looked_at: Option<Duration>,
    /// When everything was last followed, by the steady clock.
    followed_at: Duration,
    /// Whether everything is to be read again.
    must_begin_again: bool,
}

impl Follower {
    async fn run(&mut self, polled_every: Duration) {
        let mut commits = self.store.commits();
        let mut forgotten_at = SystemClock.steady();
        match self.store.key_looks_after(0).await {
            Ok(looks) => self.keys.adopt_looks(looks),
            Err(error) => tracing::error!(%error, "KMS's earlier answers can't be read: {error}"),
        }
        loop {
            match self.follow().await {
                Ok(()) => self.followed_at = SystemClock.steady(),
                Err(error) => {
                    tracing::error!(%error, "commits of other instances can't be followed yet: {error}");
                    clock::sleep(LOOKED_FOR_EVERY).await;
                }
            }
            let now = SystemClock.steady();
            if now.saturating_sub(forgotten_at) >= FORGOTTEN_EVERY {
                self.inventory.forget_past();
                forgotten_at = now;
            }
            commits.next(polled_every, LOOKED_FOR_EVERY).await;
        }
    }

    /// Shows this instance's browsers what was committed since the last time.
    async fn follow(&mut self) -> Result<(), StoreError> {
        self.notice_failover().await?;
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
            self.inventory.adopt_streams(streams.stored);
            for change in &changes {
                self.inventory.record_change_elsewhere(change);
            }
            self.inventory.adopt_findings(findings);
            self.keys.adopt_looks(looks);
            self.inventory.events().advance(shown);
        }
    }

    /// Reads everything again if the database has failed over, which may have lost its last commits.
    async fn notice_failover(&mut self) -> Result<(), StoreError> {
        let now = SystemClock.steady();
        if self.looked_at.is_some_and(|at| now.saturating_sub(at) < FAILOVER_LOOKED_FOR_EVERY) {
            return Ok(());
        }
        let history = self.store.history().await?;
        let has_failed_over = !history.is_empty() && !self.history.is_empty() && history != self.history;
        let known = self.inventory.events().rev();
        let is_behind = self.store.last_rev().await? < known;
        if has_failed_over || is_behind {
            tracing::warn!("the database failed over or was restored: reading everything again");
            self.must_begin_again = true;
            // What is committed from now on is newer than anything that a browser has seen.
            let mut tx = self.store.write().await?;
            raise_rev(&mut tx, known).await?;
            tx.commit().await?;
        }
        if self.must_begin_again || now.saturating_sub(self.followed_at) >= LONG_CUT_OFF {
            self.inventory.begin_again(&self.store, self.must_begin_again).await?;
            self.keys.adopt_looks(self.store.key_looks_after(0).await?);
            self.must_begin_again = false;
        }
        if !history.is_empty() {
            self.history = history;
        }
        self.looked_at = Some(now);
        Ok(())
    }
}
