//! The inventory in memory: each stream as stored and as pages show it, and when to read it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::names::Names;
use crate::{
    model::{
        change::Change,
        inventory::{
            ChangeMarks, NeededKey, Pause, ROW_IS_FRESH_MS, Reported, StreamRow, TargetHealth,
            read_queue::{Due, ReadQueue},
            stale_after_ms,
        },
        keys::{
            Meant, named_by_itself,
            needed::{KeyHistory, KeyUse},
        },
        stream::{StreamId, StreamName, StreamReport, StreamStatus, encryption::EncryptionState, is_same_creation},
        time::Timestamp,
    },
    server::adapters::{
        aws::targets::Target,
        store::{StoredPause, StoredStream},
    },
};

/// Everything known.
#[derive(Debug, Default)]
pub struct Memory {
    pub streams: BTreeMap<StreamId, Known>,
    names: Names,
    pub active_changes: HashMap<StreamId, ChangeMarks>,
    /// The newest ended change of each stream that AWS may have acted on.
    pub acting: HashMap<StreamId, Acting>,
    /// The `rev` of each stream's last change. Its row is at least as new.
    pub change_revs: HashMap<StreamId, i64>,
    /// In the order of the targets.
    pub health: Vec<TargetHealth>,
    pub queues: Vec<ReadQueue>,
    /// Rises with everything that lists show, except times.
    pub generation: u64,
    /// How many targets had an account when rows were last matched with targets.
    pub resolved: usize,
}

/// The change that may have caused a stream's state.
#[derive(Debug)]
pub struct Acting {
    pub id: String,
    sent_at: Option<Timestamp>,
    stream_created: Timestamp,
    can_be_undone: bool,
}

/// One stream.
#[derive(Debug)]
pub struct Known {
    pub stored: StoredStream,
    pub row: Arc<StreamRow>,
    /// The target that reads it, or may do so once AWS has named its account. Rows of targets removed from the
    /// configuration are kept, but not shown.
    pub target: Option<usize>,
    /// Whether anything besides times has moved since the last publication.
    pub is_news: bool,
}

impl Memory {
    /// Creates the memory of targets whose streams aren't known yet.
    pub fn of(targets: &[Arc<Target>], pauses: &[StoredPause]) -> Self {
        let health = targets.iter().map(|target| unknown(target, pauses)).collect();
        let queues = targets.iter().map(|_| ReadQueue::default()).collect();
        Self { health, queues, ..Self::default() }
    }

    /// Stores a stream: rebuilds its row and sets when to read it next. Returns whether anything besides times has
    /// moved.
    pub fn put(&mut self, targets: &[Arc<Target>], stored: StoredStream) -> bool {
        let (key, stored) = (stored.id.clone(), stored.compact());
        let target = target_of(targets, &key);
        if !self.streams.contains_key(&key) && self.names.add(&key.name) {
            self.tell_namesakes(targets, &key.name);
        }
        let row = self.row(targets, target, &stored);
        let is_news =
            self.streams.get(&key).is_none_or(|known| !known.row.is_same_but_for_times(&row) || known.target != target);
        self.generation += u64::from(is_news);
        self.enqueue(targets, target, &stored);
        let is_unpublished = self.streams.get(&key).is_some_and(|known| known.is_news);
        self.streams.insert(key, Known { stored, row: Arc::new(row), target, is_news: is_news || is_unpublished });
        is_news
    }

    /// Tells the streams of a name whether there are several.
    fn tell_namesakes(&mut self, targets: &[Arc<Target>], name: &StreamName) {
        let has_namesake = self.names.is_shared(name);
        for target in targets {
            let id = StreamId { account: target.account(), region: target.region.clone(), name: name.clone() };
            if let Some(known) = self.streams.get_mut(&id) {
                Arc::make_mut(&mut known.row).has_namesake = has_namesake;
            }
        }
    }

    /// Rebuilds the row of a stream after something else about it has changed.
    pub fn refresh(&mut self, targets: &[Arc<Target>], id: &StreamId) {
        if let Some(stored) = self.streams.get(id).map(|known| known.stored.clone()) {
            self.put(targets, stored);
        }
    }

    /// Records a change that moved, if AWS may have acted on it. While it is active, its row only offers to follow it;
    /// if it is refused, the earlier state remains.
    pub fn record_acting(&mut self, change: &Change) {
        if change.is_active() || !change.may_have_acted() {
            return;
        }
        let key = change.stream_id();
        let is_newest = self.acting.get(&key).is_none_or(|known| known.sent_at <= change.evidence.sent_at);
        if is_newest {
            let (sent_at, stream_created) = (change.evidence.sent_at, change.intent.stream_created);
            self.acting.insert(
                key,
                Acting { id: change.id.clone(), sent_at, stream_created, can_be_undone: change.can_be_undone() },
            );
        }
    }

    /// Restores each target's last read time from its streams, after a restart.
    pub fn remember_last_reads(&mut self) {
        for known in self.streams.values() {
            if let (Some(health), Some(report)) =
                (known.target.and_then(|target| self.health.get_mut(target)), &known.stored.report)
            {
                health.last_read = health.last_read.max(Some(report.read_at));
            }
        }
    }

    /// Returns the streams of a target.
    pub fn streams_of(&self, target: &Target) -> impl Iterator<Item = (&StreamId, &Known)> {
        let account = target.account();
        self.streams.iter().filter(move |(id, _)| id.region == target.region && id.account == account)
    }

    /// Forgets a stream.
    pub fn remove(&mut self, targets: &[Arc<Target>], id: &StreamId) {
        let Some(known) = self.streams.remove(id) else { return };
        if self.names.remove(&id.name) {
            self.tell_namesakes(targets, &id.name);
        }
        if let Some(queue) = known.target.and_then(|target| self.queues.get_mut(target)) {
            queue.remove(&id.name);
            self.generation += 1;
        }
    }

    /// Matches all rows with the targets again after AWS has named an account.
    pub fn match_targets(&mut self, targets: &[Arc<Target>]) {
        let resolved = targets.iter().filter(|target| target.account().is_resolved()).count();
        if resolved != self.resolved {
            self.resolved = resolved;
            let keys: Vec<StreamId> = self.streams.keys().cloned().collect();
            keys.iter().for_each(|key| self.refresh(targets, key));
        }
    }

    fn enqueue(&mut self, targets: &[Arc<Target>], target: Option<usize>, stored: &StoredStream) {
        let Some((index, queue)) = target.and_then(|target| self.queues.get_mut(target).map(|queue| (target, queue)))
        else {
            return;
        };
        let is_own = targets[index].account() == stored.id.account;
        if stored.gone_at.is_some() || !is_own {
            queue.remove(&stored.id.name);
        } else {
            let due = due(stored, self.active_changes.contains_key(&stored.id));
            queue.set(&stored.id.name, due, stored.report.is_some());
        }
    }

    fn row(&self, targets: &[Arc<Target>], target: Option<usize>, stored: &StoredStream) -> StreamRow {
        let target = target.map(|target| &targets[target]);
        let report = stored.report.as_ref();
        StreamRow {
            id: stored.id.clone(),
            rev: stored.rev.max(self.change_revs.get(&stored.id).copied().unwrap_or(0)),
            status: status_of(stored),
            encryption: report.map_or(EncryptionState::Unknown, |report| report.encryption.state()),
            key_id: report.and_then(StreamReport::key).cloned(),
            read_at: report.map(|report| report.read_at),
            problem: stored.problem.clone(),
            retention_hours: report.map(|report| report.retention_hours),
            open_shards: report.map(|report| report.open_shards),
            mode: report.and_then(|report| report.mode.clone()),
            created: report.map(|report| report.created),
            tags: stored.tags.clone(),
            change: self.active_changes.get(&stored.id).cloned(),
            needed_keys: stored.keys.uses.iter().filter_map(|key| needed(&stored.id, key, &stored.keys)).collect(),
            meant: stored.keys.in_use().map(|key| meant(&stored.id, key)).unwrap_or_default(),
            keys_known_since: stored.keys.begins_late(),
            undo: self
                .acting
                .get(&stored.id)
                .filter(|acting| acting.can_be_undone)
                .filter(|acting| report.is_some_and(|report| is_same_creation(report.created, acting.stream_created)))
                .map(|acting| acting.id.clone()),
            has_namesake: self.names.is_shared(&stored.id.name),
            is_gone: stored.gone_at.is_some(),
            is_production: target.is_some_and(|target| target.is_production),
            is_read_only: target.is_none_or(|target| target.is_read_only || target.account() != stored.id.account),
        }
    }
}

/// Returns a key that only stored records need; `None` for the current key, which the row shows anyway.
fn needed(stream: &StreamId, key: &KeyUse, history: &KeyHistory) -> Option<NeededKey> {
    let KeyUse { key: name, seen_from, .. } = key;
    Some(NeededKey {
        key: name.clone(),
        meant: meant(stream, key),
        seen_from: *seen_from,
        ended: key.ended?,
        until: history.needed_until(key)?,
    })
}

/// Returns the target of a stream: the one with its account and Region, else one with its Region whose account AWS
/// hasn't named yet.
fn target_of(targets: &[Arc<Target>], id: &StreamId) -> Option<usize> {
    let of_region = || targets.iter().enumerate().filter(|(_, target)| target.region == id.region);
    let exact = of_region().find(|(_, target)| target.account() == id.account);
    exact.or_else(|| of_region().find(|(_, target)| !target.account().is_resolved())).map(|(index, _)| index)
}

/// Returns when to read a stream. One with an active change is read by its watch, wherever that runs.
fn due(stored: &StoredStream, has_change: bool) -> Due {
    let read = stored.report.as_ref().map(|report| report.read_at);
    let failed = stored.problem.as_ref().filter(|problem| read.is_none_or(|read| problem.at >= read));
    match read.max(failed.map(|problem| problem.at)) {
        _ if has_change => Due::Held,
        None => Due::Unread,
        Some(tried) => Due::At(failed.map_or_else(|| tried.plus_millis(ROW_IS_FRESH_MS), |problem| problem.next_try)),
    }
}

/// Returns the newer status of the list's and the last read's.
pub fn status_of(stream: &StoredStream) -> Option<Reported<StreamStatus>> {
    let reported = stream.report.as_ref().map(|report| Reported { value: report.status.clone(), at: report.read_at });
    match (&stream.listed, reported) {
        (Some(listed), Some(reported)) if listed.at > reported.at => Some(listed.clone()),
        (Some(listed), None) => Some(listed.clone()),
        (_, reported) => reported,
    }
}

/// Returns the health of a target that isn't known yet.
fn unknown(target: &Target, pauses: &[StoredPause]) -> TargetHealth {
    TargetHealth {
        id: target.id.clone(),
        name: target.label(),
        account: target.account(),
        region: target.region.clone(),
        rev: 0,
        is_production: target.is_production,
        is_read_only: target.is_read_only,
        last_listed: None,
        last_read: None,
        problem: None,
        tags_problem: None,
        pause: pause_of(target, pauses),
        pace_percent: 100,
        stale_after_ms: stale_after_ms(0, target.limits.describe.per_second()),
        streams: 0,
        unread: 0,
    }
}

/// Returns the pause of a target, from the database.
pub fn pause_of(target: &Target, pauses: &[StoredPause]) -> Option<Pause> {
    pauses.iter().find(|pause| pause.target == target.id).map(|pause| pause.pause.clone())
}

/// Returns the keys of a use: the one that its name states, else all that the name resolved to.
pub fn meant(stream: &StreamId, key: &KeyUse) -> Vec<Meant> {
    let by_itself = named_by_itself(stream.region.partition(), stream, &key.key);
    by_itself.map_or_else(|| key.meant.clone(), |arn| vec![Meant { arn, seen_from: Some(key.seen_from) }])
}
