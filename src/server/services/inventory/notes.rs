//! Recording AWS's reports and the state of changes.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::{Inventory, News, memory::status_of};
use crate::{
    model::{
        change::Change,
        inventory::{ChangeMarks, ROW_IS_FRESH_MS, ReadProblem, Reported},
        stream::{StreamId, StreamReport, is_same_creation},
        time::{SECOND_MS, Timestamp},
    },
    server::adapters::{
        aws::{ListedStream, ReadFailure, ReadFailureKind, Tags, targets::Target},
        store::StoredStream,
    },
};

/// When to retry a read that AWS throttled.
const AFTER_THROTTLE_MS: i64 = 5 * SECOND_MS;

impl Inventory {
    /// Records a complete read of a stream.
    pub fn record_report(&self, report: StreamReport) {
        let key = StreamId::from(&report.arn);
        let now = self.clock.now();
        if let Some(target) = self.target(&key) {
            self.record_answer(&target, now);
        }
        self.note(&key, |stream| take_report(stream, report, now));
    }

    /// Records a failed read: the row keeps its state and age, and shows why there is nothing newer.
    pub fn record_failure(&self, id: &StreamId, failure: &ReadFailure) {
        let at = self.clock.now();
        if !self.knows(id) {
            return;
        }
        let pause = if failure.kind == ReadFailureKind::Throttled { AFTER_THROTTLE_MS } else { ROW_IS_FRESH_MS };
        self.note(id, |stream| {
            stream.problem = Some(ReadProblem { why: failure.why.clone(), at, next_try: at.plus_millis(pause) });
        });
    }

    /// Records the streams on a page of a listing: adds new ones, and updates statuses.
    pub fn record_listed(&self, target: &Target, listed: &[ListedStream]) {
        let news: Vec<&ListedStream> = {
            let memory = self.read();
            let known = |seen: &ListedStream| memory.streams.get(&target.stream_id(&seen.name));
            listed.iter().filter(|seen| known(seen).is_none_or(|known| is_news(&known.stored, seen))).collect()
        };
        for seen in news {
            self.note(&target.stream_id(&seen.name), |stream| take_listed(stream, seen));
        }
    }

    /// Records that a listing begun at `begun` is complete: streams that it didn't name are gone, unless AWS has
    /// reported them since. A listing of ten thousand streams takes over a minute, in which one may be created.
    pub fn record_missing(&self, target: &Target, listed: &HashSet<StreamId>, begun: Timestamp) {
        self.record_gone(&self.missing(target, listed, begun));
    }

    /// Returns the streams of a target that a complete listing, begun at `begun`, didn't name and AWS hasn't reported
    /// since.
    pub fn missing(&self, target: &Target, listed: &HashSet<StreamId>, begun: Timestamp) -> Vec<StreamId> {
        let now = self.clock.now();
        let memory = self.read();
        let present = memory.streams.iter().filter(|(key, known)| is_present_in(target, key, &known.stored));
        let missing = present.filter(|(key, known)| !listed.contains(*key) && !known.stored.was_seen_after(begun, now));
        missing.map(|(key, _)| key.clone()).collect()
    }

    /// Returns the number of a target's streams, according to listings.
    pub fn count_present(&self, target: &Target) -> usize {
        self.read().streams.iter().filter(|(key, known)| is_present_in(target, key, &known.stored)).count()
    }

    /// Records that AWS no longer lists these streams.
    pub fn record_gone(&self, missing: &[StreamId]) {
        let now = self.clock.now();
        for key in missing {
            self.note(key, |stream| stream.gone_at = stream.gone_at.or(Some(now)));
        }
    }

    /// Returns the known streams of a target.
    pub fn known_of(&self, target: &Target) -> HashSet<StreamId> {
        self.read().streams_of(target).map(|(key, _)| key.clone()).collect()
    }

    /// Records the tags of a target's streams. Streams in `known` that aren't named have none: they existed when AWS
    /// was first asked.
    pub fn record_tags(&self, target: &Target, known: &HashSet<StreamId>, mut tagged: HashMap<StreamId, Tags>) {
        // Most of them are as before, and there may be 100,000.
        let news: Vec<(StreamId, Tags)> = {
            let memory = self.read();
            let read = memory.streams_of(target).filter_map(|(key, stream)| {
                let tags = tagged.remove(key).or_else(|| known.contains(key).then(Tags::new))?;
                (stream.stored.tags.as_deref() != Some(tags.as_slice())).then(|| (key.clone(), tags))
            });
            read.collect()
        };
        for (key, tags) in news {
            self.note(&key, |stream| stream.tags = Some(tags.into()));
        }
    }

    /// Records a change that moved: its stream's row shows it while active, and browsers are told. Call this after the
    /// journal has committed it.
    pub fn record_change(&self, change: &Change) {
        self.record_key_change(change);
        self.record_moved_change(change);
    }

    /// Records the newest change of each stream that AWS may have acted on, after a start; also the keys of enables,
    /// which may not have been written before the process ended.
    pub fn record_newest<'a>(&self, changes: impl Iterator<Item = &'a Change> + Clone) {
        changes.clone().for_each(|change| self.record_key_change(change));
        let mut memory = self.write();
        for change in changes {
            memory.record_acting(change);
            memory.refresh(&self.targets, &change.stream_id());
        }
    }

    /// Records a change that another instance may have written. What is already known isn't published again.
    pub fn record_change_elsewhere(&self, change: &Change) {
        self.record_key_change(change);
        let known = self.read().change_revs.get(&change.stream_id()).copied();
        if known != Some(change.rev) {
            self.record_moved_change(change);
        }
    }

    fn record_moved_change(&self, change: &Change) {
        let key = change.stream_id();
        let mut memory = self.write();
        let mut news = News { rev: change.rev, changes: vec![Arc::new(change.clone())], ..News::default() };
        // A commit older than what is known here doesn't affect the row, but viewers of that change are told.
        let is_newest = memory.change_revs.get(&key).is_none_or(|rev| *rev <= change.rev);
        if is_newest {
            if change.is_active() {
                memory.active_changes.insert(key.clone(), ChangeMarks::from(change));
            } else if memory.active_changes.get(&key).is_some_and(|marks| marks.id == change.id) {
                memory.active_changes.remove(&key);
            }
            memory.record_acting(change);
            memory.change_revs.insert(key.clone(), change.rev);
            memory.refresh(&self.targets, &key);
            if let Some(known) = memory.streams.get(&key) {
                news.add_row(known.row.clone(), true);
            }
        }
        // Under the lock, so that news is published in the order in which its rows were built.
        self.events.publish(news);
    }

    /// Updates one stream in memory, and marks it for writing if anything changed.
    pub(super) fn note(&self, id: &StreamId, apply: impl FnOnce(&mut StoredStream)) {
        let mut memory = self.write();
        let before = memory.streams.get(id).map(|known| known.stored.clone());
        let mut stream = before.clone().unwrap_or_else(|| StoredStream::unread(id.clone()));
        apply(&mut stream);
        let has_changed = before.as_ref() != Some(&stream);
        // Even if nothing changed: when it is due also depends on active changes.
        let is_news = memory.put(&self.targets, stream);
        // Under the lock: what another instance wrote would otherwise replace what isn't marked yet.
        if has_changed {
            self.unwritten.add(id.clone(), is_news);
        }
    }
}

/// Records a report, unless a newer one is known.
pub fn take_report(stream: &mut StoredStream, report: StreamReport, now: Timestamp) {
    // A report from the future was read before the clock was set back, or by an instance whose clock is ahead.
    let is_newer = stream.report.as_ref().is_none_or(|known| known.asked_at <= report.asked_at || known.asked_at > now);
    if !is_newer {
        return;
    }
    let is_unchanged = stream.report.as_ref().is_some_and(|known| known.encryption == report.encryption);
    if !is_unchanged {
        stream.encryption_since = Some(report.asked_at);
    }
    stream.keys = stream.keys.after(&report);
    stream.report = Some(report);
    stream.problem = None;
    stream.gone_at = None;
}

/// Returns whether a stream belongs to a target and hasn't been found gone.
fn is_present_in(target: &Target, id: &StreamId, stream: &StoredStream) -> bool {
    let is_of_target = id.region == target.region && (id.account == target.account() || !id.account.is_resolved());
    is_of_target && stream.gone_at.is_none()
}

/// Returns whether a listing tells something about a stream that isn't known. Most of each listing doesn't, and there
/// may be 100,000 streams.
fn is_news(stream: &StoredStream, seen: &ListedStream) -> bool {
    stream.gone_at.is_some() || is_recreated(stream, seen) || has_other_status(stream, seen)
}

/// Returns whether a stream was re-created under the same name: earlier reads were of another one.
fn is_recreated(stream: &StoredStream, seen: &ListedStream) -> bool {
    match (seen.created, &stream.report) {
        (Some(created), Some(report)) => !is_same_creation(created, report.created) && report.asked_at < seen.asked_at,
        _ => false,
    }
}

/// Returns whether a later status was listed that differs from the one shown. The age of an unchanged one is that of
/// the read.
fn has_other_status(stream: &StoredStream, seen: &ListedStream) -> bool {
    let Some(status) = &seen.status else { return false };
    status_of(stream).is_none_or(|shown| shown.value != *status && shown.at < seen.asked_at)
}

fn take_listed(stream: &mut StoredStream, seen: &ListedStream) {
    stream.gone_at = None;
    if is_recreated(stream, seen) {
        stream.report = None;
        stream.listed = None;
        stream.problem = None;
        stream.tags = None;
    }
    if has_other_status(stream, seen) {
        stream.listed = seen.status.clone().map(|value| Reported { value, at: seen.asked_at });
    }
}
