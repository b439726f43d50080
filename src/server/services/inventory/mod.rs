//! The inventory: the last known state of every stream, served from memory, stored in the database, and filled by one
//! collector per target.
//!
//! Readers never wait for AWS. What they get carries the time of AWS's report. If several instances share the database,
//! one of them reads each target, and the others take its rows from there.

mod collector;
mod counted;
mod elsewhere;
mod events;
mod figures;
mod health;
mod keys;
mod leases;
mod list_cache;
mod lists;
mod memory;
mod merge;
mod names;
mod namesakes;
mod news;
mod notes;
pub mod pauses;
mod readers;
mod shared_views;
mod unwritten;
mod views;
mod write_behind;

use std::{collections::HashSet, sync::Arc};

use parking_lot::{Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::sync::Notify;

pub use self::{
    collector::run as collect,
    events::{Delivery, Events},
    figures::{ActiveChanges, InventoryFigures, TargetFigures},
    keys::WatchedKey,
    news::News,
    readers::{LEFT_AFTER, hold_leases},
    shared_views::share_views,
    views::View,
    write_behind::run as write_behind,
};
use self::{counted::Counted, leases::Leases, list_cache::ListCache, memory::Memory, unwritten::Unwritten};
use crate::{
    model::{
        access::scope::Scope,
        inventory::StreamRow,
        stream::{StreamArn, StreamId, StreamReport},
        time::Timestamp,
    },
    server::adapters::{
        aws::targets::Target,
        clock::Clock,
        store::{Store, StoreError, inventory::StoredStreams},
    },
};

/// The most rows that a browser catches up on. A page that missed more is fetched again.
pub const MOST_MISSED: usize = 500;

/// The inventory.
#[derive(Debug)]
pub struct Inventory {
    targets: Vec<Arc<Target>>,
    clock: Arc<dyn Clock>,
    memory: RwLock<Memory>,
    unwritten: Unwritten,
    events: Events,
    lists: Mutex<ListCache>,
    counted: Counted,
    /// Wakes a target that has something to do sooner than planned.
    bells: Vec<Notify>,
    /// Rows in the database that a newer version wrote. They are left alone.
    unreadable: Mutex<HashSet<StreamId>>,
    /// The targets that this instance reads.
    leases: Leases,
}

impl Inventory {
    /// Loads the inventory from the database. [`write_behind`] stores what changes.
    ///
    /// # Errors
    /// If the database can't be read.
    pub async fn open(
        store: &Store,
        targets: Vec<Arc<Target>>,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, StoreError> {
        let rev = store.last_rev().await?;
        let now = store.now(clock.now()).await?;
        let mut pauses = store.pauses().await?;
        pauses.retain(|stored| !stored.pause.is_over(now));
        let mut memory = Memory::of(&targets, &pauses);
        let StoredStreams { streams, unreadable } = store.streams_and_unreadable().await?;
        for stream in streams {
            memory.put(&targets, stream);
        }
        for stored in store.findings_after(0).await? {
            memory.take_over(&targets, stored);
        }
        memory.remember_last_reads();
        memory.match_targets(&targets);
        let leases = Leases::new(targets.len(), store.is_shared());
        let bells = targets.iter().map(|_| Notify::new()).collect();
        Ok(Arc::new(Self {
            targets,
            clock,
            memory: RwLock::new(memory),
            unwritten: Unwritten::default(),
            events: Events::new(rev, store.is_shared()),
            lists: Mutex::default(),
            counted: Counted::default(),
            bells,
            unreadable: Mutex::new(unreadable),
            leases,
        }))
    }

    /// Returns the targets, in the order of the configuration.
    pub fn targets(&self) -> &[Arc<Target>] {
        &self.targets
    }

    /// Returns the target of a stream, if one has its account and Region.
    pub fn target(&self, id: &StreamId) -> Option<Arc<Target>> {
        self.targets.iter().find(|target| target.region == id.region && target.account() == id.account).cloned()
    }

    /// Returns the target that reaches a stream by ARN: the one with its account and Region, or one in that Region
    /// whose account AWS hasn't named yet.
    pub fn target_of_arn(&self, arn: &StreamArn) -> Option<Arc<Target>> {
        let of_region = || self.targets.iter().filter(|target| target.region == arn.region);
        let exact = of_region().find(|target| target.account() == arn.account);
        exact.or_else(|| of_region().find(|target| !target.account().is_resolved())).cloned()
    }

    /// Returns a number that rises with everything that lists show, except times.
    pub fn generation(&self) -> u64 {
        self.read().generation
    }

    /// Returns the news for browsers.
    pub const fn events(&self) -> &Events {
        &self.events
    }

    /// Returns the rows of a scope as pages show them, ordered by id, including those that AWS no longer lists.
    pub fn rows(&self, scope: &Scope) -> Vec<StreamRow> {
        let memory = self.read();
        let shown = memory.streams.values().filter(|known| known.target.is_some() && scope.covers(&known.stored.id));
        shown.map(|known| StreamRow::clone(&known.row)).collect()
    }

    /// Returns one row, and the stream's last report.
    pub fn stream(&self, id: &StreamId) -> Option<(StreamRow, Option<StreamReport>)> {
        self.read().streams.get(id).map(|known| (StreamRow::clone(&known.row), known.stored.report.clone()))
    }

    /// Returns whether AWS has ever listed or described a stream.
    pub fn knows(&self, id: &StreamId) -> bool {
        self.read().streams.contains_key(id)
    }

    /// Returns the last report of a stream, and since when every report has stated the same encryption.
    pub fn report(&self, id: &StreamId) -> Option<(StreamReport, Timestamp)> {
        let memory = self.read();
        let stored = &memory.streams.get(id)?.stored;
        let report = stored.report.clone()?;
        let since = stored.encryption_since.unwrap_or(report.asked_at);
        Some((report, since))
    }

    /// Returns everything of a scope that moved after `rev`, except the journal's changes, which the caller adds. If
    /// that is more than [`MOST_MISSED`] rows, or some of it is no longer known, returns `None`: then the browser must
    /// start over. `overlap` commits before `rev` are included again.
    pub fn news_after(&self, rev: i64, overlap: i64, scope: &Scope) -> Option<News> {
        let current = self.events.rev();
        if !self.events.reaches(rev, overlap) {
            return None;
        }
        let memory = self.read();
        let mut news = News { rev: current, targets: memory.health.clone(), ..News::default() };
        let mut missed = 0;
        let newer = memory.streams.values().filter(|known| known.row.rev > rev.saturating_sub(overlap));
        for known in newer.filter(|known| scope.covers(&known.row.id)) {
            let is_missed = known.row.rev > rev;
            missed += usize::from(is_missed);
            if missed > MOST_MISSED {
                return None;
            }
            news.add_row(known.row.clone(), is_missed);
        }
        Some(news)
    }

    fn read(&self) -> RwLockReadGuard<'_, Memory> {
        self.memory.read()
    }

    fn write(&self) -> RwLockWriteGuard<'_, Memory> {
        self.memory.write()
    }

    fn index_of(&self, target: &Target) -> Option<usize> {
        self.targets.iter().position(|candidate| std::ptr::eq(candidate.as_ref(), target))
    }
}
