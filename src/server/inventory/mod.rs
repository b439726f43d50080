//! What is known of every stream: served from memory, remembered by the database, filled by one collector per target.
//! Readers never wait for AWS; what they get carries the time at which AWS said it.

mod collector;
mod events;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

use tokio::sync::mpsc;

pub use self::{
    collector::run as collect,
    events::{Delivery, Events},
};
use super::{
    aws::{ListedStream, ReadFailure, targets::Target},
    clock::Clock,
    store::{Store, StoreError, StoredStream, inventory as table, next_rev},
};
use crate::model::{
    change::Change,
    change_card::ChangeCard,
    encryption::EncryptionState,
    inventory::{ChangeMarks, ReadProblem, Reported, StreamRow, TargetHealth},
    pages::EventFrame,
    scope::Scope,
    stream::{StreamArn, StreamKey, StreamReport, StreamStatus},
    timestamp::{DAY_MS, Timestamp},
};

/// Rows waiting to be written behind; a collector that is faster than the disk waits here.
const WRITE_QUEUE: usize = 1_024;

/// A state older than two rounds of the collector is "last known".
pub const STALE_AFTER_MS: i64 = 2 * collector::ROW_IS_FRESH_MS + 30_000;

/// The inventory.
#[derive(Debug)]
pub struct Inventory {
    targets: Vec<Arc<Target>>,
    clock: Arc<dyn Clock>,
    memory: RwLock<Memory>,
    to_write: mpsc::Sender<StoredStream>,
    events: Events,
}

#[derive(Debug, Default)]
struct Memory {
    streams: BTreeMap<StreamKey, StoredStream>,
    active_changes: HashMap<StreamKey, ChangeMarks>,
    /// The last move of a change of each stream: its row is as new as that.
    change_revs: HashMap<StreamKey, i64>,
    /// When another instance last moved a change of the stream: what it read for that is not known here.
    moved_elsewhere: HashMap<StreamKey, Timestamp>,
    health: Vec<TargetHealth>,
}

impl Inventory {
    /// The inventory as the database remembers it, and the task that writes behind.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn open(
        store: Store,
        targets: Vec<Arc<Target>>,
        clock: Arc<dyn Clock>,
    ) -> Result<(Arc<Self>, impl Future<Output = ()> + Send + 'static), StoreError> {
        let rev = store.last_rev().await?;
        let streams = store.streams().await?.into_iter().map(|stream| (stream.key.clone(), stream)).collect();
        let health = targets.iter().map(|target| no_health_yet(target)).collect();
        let (to_write, queue) = mpsc::channel(WRITE_QUEUE);
        let memory = RwLock::new(Memory {
            streams,
            active_changes: HashMap::new(),
            change_revs: HashMap::new(),
            moved_elsewhere: HashMap::new(),
            health,
        });
        let inventory = Arc::new(Self { targets, clock: clock.clone(), memory, to_write, events: Events::new(rev) });
        let writer = write_behind(store, inventory.clone(), queue);
        Ok((inventory, writer))
    }

    /// The targets, in the order of the configuration.
    pub fn targets(&self) -> &[Arc<Target>] {
        &self.targets
    }

    /// The target of a stream, if its account and Region are one.
    pub fn target(&self, key: &StreamKey) -> Option<Arc<Target>> {
        self.targets.iter().find(|target| target.region == key.region && target.account() == key.account).cloned()
    }

    /// The target that reaches a stream by its ARN: the one of its account and Region, or one of that Region whose
    /// account AWS has not named yet.
    pub fn target_of_arn(&self, arn: &StreamArn) -> Option<Arc<Target>> {
        let of_region = || self.targets.iter().filter(|target| target.region == arn.region);
        let exact = of_region().find(|target| target.account() == arn.account);
        exact.or_else(|| of_region().find(|target| !target.account().is_resolved())).cloned()
    }

    /// What is told to browsers.
    pub const fn events(&self) -> &Events {
        &self.events
    }

    /// The rows of a scope as pages show them, ordered by key, those that AWS stopped listing included.
    pub fn rows(&self, scope: &Scope) -> Vec<StreamRow> {
        let memory = self.memory.read().unwrap_or_else(PoisonError::into_inner);
        let streams = memory.streams.values().filter(|stream| self.reaches(&stream.key) && scope.covers(&stream.key));
        streams.map(|stream| self.row(stream, &memory)).collect()
    }

    /// Whether a target reads this stream, or may once AWS has named its account. Rows of targets that were taken out of
    /// the configuration are kept and not shown.
    fn reaches(&self, key: &StreamKey) -> bool {
        self.targets
            .iter()
            .any(|target| target.region == key.region && (target.account() == key.account || !target.account().is_resolved()))
    }

    /// One row.
    pub fn stream(&self, key: &StreamKey) -> Option<(StreamRow, Option<StreamReport>)> {
        let memory = self.memory.read().unwrap_or_else(PoisonError::into_inner);
        memory.streams.get(key).map(|stream| (self.row(stream, &memory), stream.report.clone()))
    }

    /// How the targets of a scope are.
    pub fn health(&self, scope: &Scope) -> Vec<TargetHealth> {
        let memory = self.memory.read().unwrap_or_else(PoisonError::into_inner);
        let reached = memory.health.iter().filter(|health| scope.reaches(&health.account, &health.region));
        if scope.is_everything() {
            return reached.cloned().collect();
        }
        let counted = |health: &TargetHealth| {
            let is_of_target = |key: &StreamKey| key.account == health.account && key.region == health.region && scope.covers(key);
            let streams: Vec<_> = memory.streams.values().filter(|stream| stream.gone_at.is_none() && is_of_target(&stream.key)).collect();
            let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
            let unread = streams.iter().filter(|stream| stream.report.is_none()).count();
            TargetHealth { streams: number(streams.len()), unread: number(unread), ..health.clone() }
        };
        reached.map(counted).collect()
    }

    /// Everything that moved after `rev`, as one frame without changes of the journal (the caller adds them);
    /// `None` when some of it is no longer known and the browser must start over. `overlap` commits before `rev` come
    /// again.
    pub fn frame_after(&self, rev: i64, overlap: i64) -> Option<EventFrame> {
        let current = self.events.rev();
        if rev > current || rev < self.events.floor() {
            return None;
        }
        let memory = self.memory.read().unwrap_or_else(PoisonError::into_inner);
        let rows = memory.streams.values().map(|stream| self.row(stream, &memory));
        let streams = rows.filter(|row| row.rev > rev.saturating_sub(overlap)).collect();
        Some(EventFrame { rev: current, streams, changes: Vec::new(), targets: memory.health.clone() })
    }

    /// Notes a complete read of a stream.
    pub async fn note_report(&self, report: StreamReport) {
        let key = StreamKey::from(&report.arn);
        let now = self.clock.now();
        self.note(&key, |stream| {
            // A report from the future was read before the clock was set back.
            let is_newer = stream.report.as_ref().is_none_or(|known| known.asked_at <= report.asked_at || known.asked_at > now);
            if is_newer {
                stream.report = Some(report);
                stream.problem = None;
            }
            stream.gone_at = None;
        })
        .await;
    }

    /// Notes that a read failed: what is known stays, with its age and the reason why it is not newer.
    pub async fn note_failure(&self, key: &StreamKey, failure: &ReadFailure) {
        let at = self.clock.now();
        let is_known = self.memory.read().unwrap_or_else(PoisonError::into_inner).streams.contains_key(key);
        if !is_known {
            return;
        }
        self.note(key, |stream| {
            stream.problem = Some(ReadProblem { why: failure.why.clone(), at, next_try: at.plus_millis(collector::ROW_IS_FRESH_MS) });
        })
        .await;
    }

    /// Notes one complete listing of a target: new streams appear, statuses are taken over, what is missing is gone.
    pub async fn note_listing(&self, target: &Target, listed: &[ListedStream]) {
        let now = self.clock.now();
        let listed: HashMap<StreamKey, &ListedStream> = listed.iter().map(|stream| (target.key(&stream.name), stream)).collect();
        let account = target.account();
        let known: Vec<StreamKey> = {
            let memory = self.memory.read().unwrap_or_else(PoisonError::into_inner);
            let of_target = |key: &&StreamKey| key.region == target.region && (key.account == account || !key.account.is_resolved());
            memory.streams.keys().filter(of_target).cloned().collect()
        };
        for key in known.iter().filter(|key| !listed.contains_key(*key)) {
            self.note(key, |stream| stream.gone_at = stream.gone_at.or(Some(now))).await;
        }
        for (key, seen) in listed {
            self.note(&key, |stream| note_listed(stream, seen)).await;
        }
    }

    /// Notes how a target is doing and tells browsers when that changed.
    pub async fn note_health(&self, target: &Target, problem: Option<String>, listed_at: Option<Timestamp>) {
        let now = self.clock.now();
        let index = self.targets.iter().position(|candidate| std::ptr::eq(candidate.as_ref(), target));
        let Some(index) = index else { return };
        let counts = self.count_of(target);
        let changed = {
            let mut memory = self.memory.write().unwrap_or_else(PoisonError::into_inner);
            let health = &mut memory.health[index];
            let before = health.clone();
            health.name = target.label();
            health.account = target.account();
            health.last_listed = listed_at.or(health.last_listed);
            health.problem = problem.map(|why| {
                let since = before.problem.as_ref().filter(|known| known.why == why).map_or(now, |known| known.at);
                ReadProblem { why, at: since, next_try: now.plus_millis(collector::PAUSE_AFTER_FAILURE_MS) }
            });
            (health.streams, health.unread) = counts;
            let told = |health: &TargetHealth| health.problem.as_ref().map(|problem| (problem.why.clone(), problem.at));
            let is_news = told(health) != told(&before) || health.streams != before.streams || health.unread != before.unread;
            is_news.then(|| memory.health.clone())
        };
        if let Some(targets) = changed {
            self.events.publish(EventFrame { rev: self.events.rev(), streams: Vec::new(), changes: Vec::new(), targets });
        }
    }

    /// Takes over a change that moved: its marks stand in its stream's row while it is active, and browsers hear of it.
    /// Called after the journal committed it.
    pub fn note_change(&self, change: &Change) {
        self.note_moved_change(change, None);
    }

    fn note_moved_change(&self, change: &Change, elsewhere_at: Option<Timestamp>) {
        let key = change.key_of_stream();
        let mut memory = self.memory.write().unwrap_or_else(PoisonError::into_inner);
        // What was committed before what is known here changes nothing of the row; whoever watches that change hears of it.
        let is_newest = memory.change_revs.get(&key).is_none_or(|rev| *rev <= change.rev);
        let row = if is_newest {
            if change.is_active() {
                memory.active_changes.insert(key.clone(), ChangeMarks::from(change));
            } else if memory.active_changes.get(&key).is_some_and(|marks| marks.id == change.id) {
                memory.active_changes.remove(&key);
            }
            memory.change_revs.insert(key.clone(), change.rev);
            match elsewhere_at {
                Some(at) => memory.moved_elsewhere.insert(key.clone(), at),
                None => memory.moved_elsewhere.remove(&key),
            };
            memory.streams.get(&key).map(|stream| self.row(stream, &memory))
        } else {
            None
        };
        let frame = EventFrame {
            rev: change.rev,
            streams: row.into_iter().collect(),
            changes: vec![ChangeCard::from(change)],
            targets: Vec::new(),
        };
        // While the lock is held: frames leave in the order in which their rows were made.
        self.events.publish(frame);
        drop(memory);
    }

    /// As [`Inventory::note_change`], for a change that another instance may have written: what is known already is not
    /// told again.
    pub fn note_change_elsewhere(&self, change: &Change) {
        let known = self.memory.read().unwrap_or_else(PoisonError::into_inner).change_revs.get(&change.key_of_stream()).copied();
        if known != Some(change.rev) {
            self.note_moved_change(change, Some(self.clock.now()));
        }
    }

    /// Applies a note to one stream in memory and queues it to be written. Nothing is queued when nothing changed.
    async fn note(&self, key: &StreamKey, apply: impl FnOnce(&mut StoredStream)) {
        let changed = {
            let mut memory = self.memory.write().unwrap_or_else(PoisonError::into_inner);
            let stream = memory.streams.entry(key.clone()).or_insert_with(|| unread(key.clone()));
            let before = stream.clone();
            apply(stream);
            (stream.rev == 0 || *stream != before).then(|| stream.clone())
        };
        if let Some(stream) = changed {
            // The queue ends only with the process.
            let _ = self.to_write.send(stream).await;
        }
    }

    fn count_of(&self, target: &Target) -> (u32, u32) {
        let account = target.account();
        let memory = self.memory.read().unwrap_or_else(PoisonError::into_inner);
        let of_target =
            memory.streams.values().filter(|s| s.key.region == target.region && s.key.account == account && s.gone_at.is_none());
        of_target.fold((0, 0), |(all, unread), stream| (all + 1, unread + u32::from(stream.report.is_none())))
    }

    fn row(&self, stream: &StoredStream, memory: &Memory) -> StreamRow {
        let target = self.target(&stream.key);
        let report = stream.report.as_ref();
        StreamRow {
            key: stream.key.clone(),
            rev: stream.rev.max(memory.change_revs.get(&stream.key).copied().unwrap_or(0)),
            status: status_of(stream),
            encryption: report.map_or(EncryptionState::Unknown, |report| report.encryption.state()),
            key_id: report.and_then(StreamReport::key).cloned(),
            read_at: report.map(|report| report.read_at),
            problem: stream.problem.clone(),
            retention_hours: report.map(|report| report.retention_hours),
            open_shards: report.map(|report| report.open_shards),
            mode: report.and_then(|report| report.mode.clone()),
            change: memory.active_changes.get(&stream.key).cloned(),
            is_gone: stream.gone_at.is_some(),
            is_production: target.as_ref().is_some_and(|target| target.is_production),
            is_read_only: target.as_ref().is_none_or(|target| target.is_read_only),
        }
    }
}

const fn unread(key: StreamKey) -> StoredStream {
    StoredStream { key, rev: 0, listed: None, report: None, problem: None, gone_at: None }
}

fn no_health_yet(target: &Target) -> TargetHealth {
    let (account, region) = (target.account(), target.region.clone());
    TargetHealth { name: target.label(), account, region, rev: 0, last_listed: None, problem: None, streams: 0, unread: 0 }
}

/// The newer of what the list and the last read said.
fn status_of(stream: &StoredStream) -> Option<Reported<StreamStatus>> {
    let reported = stream.report.as_ref().map(|report| Reported { value: report.status.clone(), at: report.read_at });
    match (&stream.listed, reported) {
        (Some(listed), Some(reported)) if listed.at > reported.at => Some(listed.clone()),
        (Some(listed), None) => Some(listed.clone()),
        (_, reported) => reported,
    }
}

fn note_listed(stream: &mut StoredStream, seen: &ListedStream) {
    stream.gone_at = None;
    // Only what differs from what is shown, and was asked for later, is news: the age of an unchanged status is that of
    // the read.
    let shown = status_of(stream);
    if let Some(status) = &seen.status
        && shown.is_none_or(|shown| shown.value != *status && shown.at < seen.asked_at)
    {
        stream.listed = Some(Reported { value: status.clone(), at: seen.asked_at });
    }
    // Created again under the same name: what was read of the former stream is not of this one.
    if let (Some(created), Some(report)) = (seen.created, &stream.report)
        && created != report.created
    {
        stream.report = None;
    }
}

/// Writes rows behind the memory, many to a transaction, and publishes each batch once it is committed: the order that
/// browsers see is the order of commits. A batch that cannot be written is kept and tried again; memory serves meanwhile.
async fn write_behind(store: Store, inventory: Arc<Inventory>, mut queue: mpsc::Receiver<StoredStream>) {
    let mut batch: BTreeMap<StreamKey, StoredStream> = BTreeMap::new();
    loop {
        match queue.recv().await {
            Some(stream) => batch.insert(stream.key.clone(), stream),
            None => return,
        };
        while let Ok(stream) = queue.try_recv() {
            batch.insert(stream.key.clone(), stream);
        }
        while let Err(error) = write_batch(&store, &inventory, &mut batch).await {
            tracing::error!(%error, rows = batch.len(), "the inventory could not be written; memory goes on serving");
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
        batch.clear();
    }
}

async fn write_batch(store: &Store, inventory: &Inventory, batch: &mut BTreeMap<StreamKey, StoredStream>) -> Result<(), StoreError> {
    let now = inventory.clock.now();
    let mut tx = store.write().await?;
    for stream in batch.values_mut() {
        stream.rev = next_rev(&mut tx).await?;
        table::upsert(&mut tx, stream).await?;
    }
    table::prune(&mut tx, now).await?;
    tx.commit().await?;
    let mut memory = inventory.memory.write().unwrap_or_else(PoisonError::into_inner);
    let (rows, rev) = {
        for stream in batch.values() {
            if let Some(known) = memory.streams.get_mut(&stream.key) {
                known.rev = stream.rev;
            }
        }
        let pruned = now.plus_millis(-DAY_MS);
        let floor = memory.streams.values().filter(|s| s.gone_at.is_some_and(|at| at < pruned)).map(|s| s.rev).max();
        memory.streams.retain(|_, stream| stream.gone_at.is_none_or(|at| at >= pruned));
        inventory.events.raise_floor(floor.unwrap_or(0));
        let rows: Vec<_> = batch.keys().filter_map(|key| memory.streams.get(key)).map(|stream| inventory.row(stream, &memory)).collect();
        let rev = batch.values().map(|stream| stream.rev).max().unwrap_or(0);
        (rows, rev)
    };
    inventory.events.publish(EventFrame { rev, streams: rows, changes: Vec::new(), targets: Vec::new() });
    drop(memory);
    Ok(())
}
