//! Taking in what AWS said and what became of changes.

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

/// A read that AWS throttled is tried again after this.
const AFTER_THROTTLE_MS: i64 = 5 * SECOND_MS;

impl Inventory {
    /// Notes a complete read of a stream.
    pub fn record_report(&self, report: StreamReport) {
        let key = StreamId::from(&report.arn);
        let now = self.clock.now();
        if let Some(target) = self.target(&key) {
            self.record_answer(&target, now);
        }
        self.note(&key, |stream| {
            // A report from the future was read before the clock was set back.
            let is_newer =
                stream.report.as_ref().is_none_or(|known| known.asked_at <= report.asked_at || known.asked_at > now);
            if is_newer {
                let is_unchanged = stream.report.as_ref().is_some_and(|known| known.encryption == report.encryption);
                if !is_unchanged {
                    stream.encryption_since = Some(report.asked_at);
                }
                stream.keys = stream.keys.after(&report);
                stream.report = Some(report);
                stream.problem = None;
                stream.gone_at = None;
            }
        });
    }

    /// Notes that a read failed: what is known stays, with its age and the reason why it is not newer.
    pub fn record_failure(&self, id: &StreamId, failure: &ReadFailure) {
        let at = self.clock.now();
        if !self.read().streams.contains_key(id) {
            return;
        }
        let pause = if failure.kind == ReadFailureKind::Throttled { AFTER_THROTTLE_MS } else { ROW_IS_FRESH_MS };
        self.note(id, |stream| {
            stream.problem = Some(ReadProblem { why: failure.why.clone(), at, next_try: at.plus_millis(pause) })
        });
    }

    /// Notes streams that a page of a listing names: new ones appear, statuses are taken over.
    pub fn record_listed(&self, target: &Target, listed: &[ListedStream]) {
        for seen in listed {
            self.note(&target.stream_id(&seen.name), |stream| take_listed(stream, seen));
        }
    }

    /// Notes that a listing which began at `begun` is complete: what it did not name is gone, unless AWS has reported
    /// it since then. A listing of ten thousand streams takes more than a minute, in which one may be created.
    pub fn record_missing(&self, target: &Target, listed: &HashSet<StreamId>, begun: Timestamp) {
        self.record_gone(&self.missing(target, listed, begun));
    }

    /// The streams of a target that a complete listing, begun at `begun`, did not name and AWS has not reported since.
    pub fn missing(&self, target: &Target, listed: &HashSet<StreamId>, begun: Timestamp) -> Vec<StreamId> {
        let now = self.clock.now();
        let memory = self.read();
        let present = memory.streams.iter().filter(|(key, known)| is_present_in(target, key, &known.stored));
        let missing = present.filter(|(key, known)| !listed.contains(*key) && !known.stored.was_seen_after(begun, now));
        missing.map(|(key, _)| key.clone()).collect()
    }

    /// How many streams of a target there are, as far as listings tell.
    pub fn count_present(&self, target: &Target) -> usize {
        self.read().streams.iter().filter(|(key, known)| is_present_in(target, key, &known.stored)).count()
    }

    /// Notes that AWS no longer lists these streams.
    pub fn record_gone(&self, missing: &[StreamId]) {
        let now = self.clock.now();
        for key in missing {
            self.note(key, |stream| stream.gone_at = stream.gone_at.or(Some(now)));
        }
    }

    /// The streams of a target that are known now.
    pub fn known_of(&self, target: &Target) -> HashSet<StreamId> {
        let account = target.account();
        let memory = self.read();
        memory.streams.keys().filter(|key| key.region == target.region && key.account == account).cloned().collect()
    }

    /// Notes the tags of streams of a target. Those of `known` that are not named have none: they were there when AWS
    /// was first asked.
    pub fn record_tags(&self, target: &Target, known: HashSet<StreamId>, mut tagged: HashMap<StreamId, Tags>) {
        for key in self.known_of(target) {
            let tags = tagged.remove(&key).or_else(|| known.contains(&key).then(Tags::new));
            if let Some(tags) = tags {
                self.note(&key, |stream| stream.tags = Some(tags));
            }
        }
    }

    /// Takes over a change that moved: its marks stand in its stream's row while it is active, and browsers hear of it.
    /// Called after the journal committed it.
    pub fn record_change(&self, change: &Change) {
        self.note_key_change(change);
        self.note_moved_change(change, None);
    }

    /// Takes over the newest change of each stream that AWS may have acted on, from before the start; with the keys of
    /// enables, which may not have been written before the process ended.
    pub fn record_newest<'a>(&self, changes: impl Iterator<Item = &'a Change> + Clone) {
        changes.clone().for_each(|change| self.note_key_change(change));
        let mut memory = self.write();
        for change in changes {
            memory.record_acting(change);
            memory.refresh(&self.targets, &change.stream_id());
        }
    }

    /// The same for a change that another instance may have written: what is known already is not told again.
    pub fn record_change_elsewhere(&self, change: &Change) {
        self.note_key_change(change);
        let known = self.read().change_revs.get(&change.stream_id()).copied();
        if known != Some(change.rev) {
            self.note_moved_change(change, Some(self.clock.now()));
        }
    }

    fn note_moved_change(&self, change: &Change, elsewhere_at: Option<Timestamp>) {
        let key = change.stream_id();
        let mut memory = self.write();
        let mut news = News { rev: change.rev, changes: vec![Arc::new(change.clone())], ..News::default() };
        // What was committed before what is known here changes nothing of the row; whoever watches that change hears of
        // it.
        let is_newest = memory.change_revs.get(&key).is_none_or(|rev| *rev <= change.rev);
        if is_newest {
            if change.is_active() {
                memory.active_changes.insert(key.clone(), ChangeMarks::from(change));
            } else if memory.active_changes.get(&key).is_some_and(|marks| marks.id == change.id) {
                memory.active_changes.remove(&key);
            }
            memory.record_acting(change);
            memory.change_revs.insert(key.clone(), change.rev);
            match elsewhere_at {
                Some(at) => memory.moved_elsewhere.insert(key.clone(), at),
                None => memory.moved_elsewhere.remove(&key),
            };
            memory.refresh(&self.targets, &key);
            if let Some(known) = memory.streams.get(&key) {
                news.add_row(known.row.clone(), true);
            }
        }
        // While the lock is held: news leave in the order in which their rows were made.
        self.events.publish(news);
    }

    /// Applies a note to one stream in memory, and marks it to be written when it changed anything.
    pub(super) fn note(&self, id: &StreamId, apply: impl FnOnce(&mut StoredStream)) {
        let mut memory = self.write();
        let before = memory.streams.get(id).map(|known| known.stored.clone());
        let mut stream = before.clone().unwrap_or_else(|| StoredStream::unread(id.clone()));
        apply(&mut stream);
        let has_changed = before.as_ref() != Some(&stream);
        // Also when nothing has changed: when it is due depends on the changes under way as well.
        memory.put(&self.targets, stream);
        drop(memory);
        if has_changed {
            self.unwritten.add(id.clone());
        }
    }
}

/// Whether a stream is one of a target's that listings have not called gone.
fn is_present_in(target: &Target, id: &StreamId, stream: &StoredStream) -> bool {
    let is_of_target = id.region == target.region && (id.account == target.account() || !id.account.is_resolved());
    is_of_target && stream.gone_at.is_none()
}

fn take_listed(stream: &mut StoredStream, seen: &ListedStream) {
    stream.gone_at = None;
    // Created again under the same name: what was read of the former stream is not of this one.
    if let (Some(created), Some(report)) = (seen.created, &stream.report)
        && !is_same_creation(created, report.created)
        && report.asked_at < seen.asked_at
    {
        stream.report = None;
        stream.listed = None;
        stream.problem = None;
        stream.tags = None;
    }
    // Only what differs from what is shown, and was asked for later, is news: the age of an unchanged status is that of
    // the read.
    let shown = status_of(stream);
    if let Some(status) = &seen.status
        && shown.is_none_or(|shown| shown.value != *status && shown.at < seen.asked_at)
    {
        stream.listed = Some(Reported { value: status.clone(), at: seen.asked_at });
    }
}
