//! Keys that stored records of a stream may still need: each key in use within the retention, until it stopped being
//! written, AWS's 5 s, and the retention. The one source of every "keep KEY until". Assumes, as pages say, that records keep
//! the encryption with which they were stored; AWS's text speaks of new records only.

use serde::{Deserialize, Serialize};

use super::{KeyArn, Meant};
use crate::model::{
    change::{Action, Change, SETTLING_MS},
    stream::{
        StreamReport, StreamStatus,
        encryption::{EncryptionReport, KeyId},
        is_same_creation,
    },
    time::{HOUR_MS, Timestamp},
};

/// One time in which new records of a stream were encrypted with a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredUse")]
pub struct KeyUse {
    /// As AWS reported it.
    pub key: KeyId,
    /// Every key that the name was seen to mean while it was in use, oldest first. An alias that is re-pointed means
    /// another key, and which of them Kinesis used can't be known: all of them are needed.
    pub meant: Vec<Meant>,
    /// The first read that showed it; it may have been in use before.
    pub seen_from: Timestamp,
    /// The first read that showed another state: from then on at the latest new records are not encrypted with it. `None`
    /// while it is in use.
    pub ended: Option<Timestamp>,
    /// The enable of Keystream's that settled and began this use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begun_by: Option<String>,
}

/// A use as databases have it. Before a use held a set of keys, it held the first one that its name was seen to mean.
#[derive(Deserialize)]
struct StoredUse {
    key: KeyId,
    #[serde(default)]
    arn: Option<KeyArn>,
    #[serde(default)]
    meant: Vec<Meant>,
    seen_from: Timestamp,
    ended: Option<Timestamp>,
    #[serde(default)]
    begun_by: Option<String>,
}

impl From<StoredUse> for KeyUse {
    fn from(stored: StoredUse) -> Self {
        let StoredUse { key, arn, mut meant, seen_from, ended, begun_by } = stored;
        if let Some(arn) = arn.filter(|arn| !meant.iter().any(|meant| meant.arn == *arn)) {
            meant.insert(0, Meant { arn, seen_from: None });
        }
        Self { key, meant, seen_from, ended, begun_by }
    }
}

/// The keys of one stream, as far as its reads tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyHistory {
    /// Oldest first.
    pub uses: Vec<KeyUse>,
    /// The first read of this stream: what was before is not known.
    pub known_since: Option<Timestamp>,
    /// When the stream was created that this is about; another one of the same name begins anew.
    pub created: Option<Timestamp>,
    /// The last read: what is free is judged by what was known then.
    #[serde(default)]
    pub last_read: Option<Timestamp>,
    /// The retention of the last read, in hours.
    pub retention_hours: i32,
}

impl KeyUse {
    /// Notes that KMS said at `at` which key the name means, if that's news.
    fn record_meant(&mut self, arn: &KeyArn, at: Timestamp) {
        if !self.meant.iter().any(|known| known.arn == *arn) {
            self.meant.push(Meant { arn: arn.clone(), seen_from: Some(at) });
        }
    }

    fn was_on_at(&self, at: Timestamp) -> bool {
        self.seen_from <= at && self.ended.is_none_or(|ended| ended > at)
    }
}

impl KeyHistory {
    /// Whether the stream was never read.
    pub const fn is_empty(&self) -> bool {
        self.known_since.is_none()
    }

    /// The history after one more read. What had become free under the former retention stays free: records that had left
    /// the stream do not come back when its retention grows. A read that is older than what is known changes nothing but
    /// is harmless, because only a newer state ends a use.
    #[must_use]
    pub fn after(&self, report: &StreamReport) -> Self {
        if !self.is_of(report.created) {
            let fresh = Self { created: Some(report.created), known_since: Some(report.read_at), ..Self::default() };
            return fresh.with(report);
        }
        let mut history = self.clone();
        if let Some(last) = self.last_read {
            // Only what was free when the former retention was last seen: it may have grown the moment after.
            history.forget_free(last);
        }
        history.with(report)
    }

    fn with(mut self, report: &StreamReport) -> Self {
        self.retention_hours = report.retention_hours;
        self.last_read = self.last_read.max(Some(report.read_at));
        // AWS may tell the new type while it still writes with the old key: only ACTIVE ends a use.
        let may_end = report.status == StreamStatus::Active;
        let present = match &report.encryption {
            // AWS did not say: neither the beginning nor the end of anything.
            EncryptionReport::Unstated(_) => return self,
            EncryptionReport::NotEncrypted | EncryptionReport::Encrypted(None) => None,
            EncryptionReport::Encrypted(Some(key)) => Some(key),
        };
        let is_encrypted = matches!(report.encryption, EncryptionReport::Encrypted(_));
        for open in self.uses.iter_mut().filter(|known| known.ended.is_none()) {
            // Encrypted under a key that AWS does not name may be the same one.
            let goes_on = present.map_or(is_encrypted, |key| *key == open.key);
            if !goes_on && may_end {
                open.ended = Some(report.read_at.max(open.seen_from));
            }
        }
        let is_open = self.uses.iter().any(|known| known.ended.is_none());
        if let Some(key) = present.filter(|_| !is_open) {
            // What the name was last seen to mean, until KMS says more: a key too many is kept rather than one too few.
            let former = self.uses.iter().rev().find(|known| known.key == *key);
            let meant = former.and_then(|known| known.meant.last()).cloned().into_iter().collect();
            self.uses.push(KeyUse { key: key.clone(), meant, seen_from: report.read_at, ended: None, begun_by: None });
        }
        if let (Some(key), Some(arn)) = (present, &report.key_arn) {
            self.record_meant(key, arn, report.read_at);
        }
        self
    }

    /// Notes that KMS said at `at` which key a name means: of the use that goes on under that name. Returns whether that's
    /// news.
    pub fn record_meant(&mut self, key: &KeyId, arn: &KeyArn, at: Timestamp) -> bool {
        let Some(open) = self.uses.iter_mut().find(|known| known.ended.is_none() && known.key == *key) else { return false };
        let known = open.meant.len();
        open.record_meant(arn, at);
        open.meant.len() > known
    }

    /// The history after an enable has settled: it ends one use and begins another, also under the same name, which no read
    /// can tell apart. Noting it again changes nothing.
    #[must_use]
    pub fn after_enable(&self, change: &Change) -> Self {
        let mut history = self.clone();
        let (Action::Enable, Some(sent), Some(settled)) = (change.action, change.sent_at, change.settled_at) else { return history };
        let is_known = self.uses.iter().any(|known| known.begun_by.as_ref() == Some(&change.id));
        if is_known || !self.is_of(change.stream_created) {
            return history;
        }
        let Some(index) = self.uses.iter().position(|known| known.was_on_at(settled)) else { return history };
        let former = &mut history.uses[index];
        // Else a read has begun it already, under its new name.
        let is_one_use = former.seen_from < sent;
        if is_one_use {
            let name = change.key.as_ref().filter(|_| self.last_read.is_none_or(|last| last < settled)).unwrap_or(&former.key).clone();
            // Where KMS did not say what the name meant at the enable, it may be anything that it was seen to mean.
            let may_still = |meant: &&Meant| change.resolved.is_none() || meant.seen_from.is_some_and(|seen| seen >= sent);
            let meant = former.meant.iter().filter(may_still).filter(|_| name == former.key).cloned().collect();
            let new = KeyUse { key: name, meant, seen_from: settled, ended: former.ended, begun_by: None };
            former.ended = Some(settled);
            history.uses.insert(index + 1, new);
        }
        let new = &mut history.uses[index + usize::from(is_one_use)];
        if let Some(resolved) = change.resolved.as_ref().filter(|_| change.key.as_ref() == Some(&new.key)) {
            new.record_meant(&resolved.arn, resolved.at);
        }
        new.begun_by = Some(change.id.clone());
        history
    }

    fn is_of(&self, created: Timestamp) -> bool {
        self.created.is_some_and(|known| is_same_creation(known, created))
    }

    fn forget_free(&mut self, now: Timestamp) {
        let retention = self.retention_hours;
        self.uses.retain(|known| known.ended.is_none_or(|ended| until(ended, retention) > now));
    }

    /// Until when stored records may need the key of a use, by the retention of the last read; `None` while it is in use.
    pub fn needed_until(&self, key: &KeyUse) -> Option<Timestamp> {
        key.ended.map(|ended| until(ended, self.retention_hours))
    }

    /// Until when stored records would need the key in use if new ones were last encrypted with it at `now`; `None` before
    /// the first read.
    pub fn if_ended_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.last_read.map(|last| until(now.max(last), self.retention_hours))
    }

    /// What is needed at `now`: uses that go on, and those whose records may still be there. A stream that was not read since
    /// may have another retention by now: what was not free at its last read is needed.
    pub fn needed(&self, now: Timestamp) -> impl Iterator<Item = &KeyUse> {
        let known_at = self.last_read.map_or(now, |last| last.min(now));
        self.uses.iter().filter(move |known| self.needed_until(known).is_none_or(|until| until > known_at))
    }

    /// The use that goes on.
    pub fn in_use(&self) -> Option<&KeyUse> {
        self.uses.iter().rfind(|known| known.ended.is_none())
    }

    /// Since when keys are known, where the stream is older: keys that it used before are not known.
    pub fn begins_late(&self) -> Option<Timestamp> {
        let since = self.known_since?;
        let is_whole = self.created.is_some_and(|created| created.plus_millis(HOUR_MS) >= since);
        (!is_whole).then_some(since)
    }

    /// Since when keys are known, where that does not cover the retention: records stored before may need keys that are not
    /// known.
    pub fn gap(&self, now: Timestamp) -> Option<Timestamp> {
        self.begins_late().filter(|since| !covers(*since, self.retention_hours, now))
    }
}

/// Whether what is known since a time covers all records that may be stored at `now`.
pub fn covers(since: Timestamp, retention_hours: i32, now: Timestamp) -> bool {
    since <= now.plus_millis(-millis_of(retention_hours))
}

/// When the last records that were stored by `ended` have left: that time, AWS's 5 s, and the retention.
fn until(ended: Timestamp, retention_hours: i32) -> Timestamp {
    ended.plus_millis(SETTLING_MS).plus_millis(millis_of(retention_hours))
}

/// AWS's `RetentionPeriodHours` in milliseconds; a negative one counts as 0.
fn millis_of(retention_hours: i32) -> i64 {
    i64::from(retention_hours.max(0)).saturating_mul(HOUR_MS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{
        change::{
            Resolved,
            tests::{report, sent_change},
        },
        time::DAY_MS,
    };

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn read(millis: i64, key: Option<&str>, retention_hours: i32) -> StreamReport {
        let encryption = key.map_or(EncryptionReport::NotEncrypted, |key| EncryptionReport::Encrypted(Some(key.parse().unwrap())));
        StreamReport { encryption, retention_hours, ..report(millis, "ACTIVE", None) }
    }

    fn history(reads: &[(i64, Option<&str>, i32)]) -> KeyHistory {
        reads.iter().fold(KeyHistory::default(), |history, (millis, key, hours)| history.after(&read(*millis, *key, *hours)))
    }

    fn needed(history: &KeyHistory, now: i64) -> Vec<(&str, Option<i64>)> {
        history.needed(at(now)).map(|known| (known.key.as_str(), history.needed_until(known).map(Timestamp::as_millis))).collect()
    }

    #[test]
    fn a_key_is_needed_until_its_last_records_have_left() {
        let history = history(&[(DAY_MS, Some("alias/a"), 24), (2 * DAY_MS, None, 24)]);
        let until = 3 * DAY_MS + 5_000;
        assert_eq!(needed(&history, 2 * DAY_MS), [("alias/a", Some(until))]);
        assert_eq!(needed(&history, until).len(), 1, "it was not read since, and its retention may have grown");
        let read_since = history.after(&read(until, None, 24));
        assert_eq!(needed(&read_since, until), []);
    }

    #[test]
    fn a_stream_may_need_several_keys() {
        let history = history(&[(DAY_MS, Some("alias/a"), 48), (2 * DAY_MS, Some("alias/b"), 48), (3 * DAY_MS, None, 48)]);
        assert_eq!(needed(&history, 3 * DAY_MS), [("alias/a", Some(4 * DAY_MS + 5_000)), ("alias/b", Some(5 * DAY_MS + 5_000))]);
    }

    #[test]
    fn retention_that_grows_keeps_a_key_longer_and_brings_none_back() {
        let reads = [(DAY_MS, Some("alias/a"), 24), (2 * DAY_MS, None, 24)];
        let in_time = history(&[reads[0], reads[1], (3 * DAY_MS, None, 168)]);
        assert_eq!(needed(&in_time, 3 * DAY_MS), [("alias/a", Some(9 * DAY_MS + 5_000))]);
        // Nobody knows when within a gap between two reads it grew.
        let in_a_gap = history(&[reads[0], reads[1], (3 * DAY_MS + 5_000, None, 168)]);
        assert_eq!(needed(&in_a_gap, 3 * DAY_MS + 5_000).len(), 1);
        let too_late = history(&[reads[0], reads[1], (3 * DAY_MS + 5_000, None, 24), (3 * DAY_MS + 6_000, None, 168)]);
        assert_eq!(needed(&too_late, 3 * DAY_MS + 6_000), []);
    }

    #[test]
    fn retention_that_shrinks_frees_a_key_sooner() {
        let history = history(&[(DAY_MS, Some("alias/a"), 168), (2 * DAY_MS, None, 168), (3 * DAY_MS + 1, None, 24)]);
        assert_eq!(needed(&history, 3 * DAY_MS + 1), [("alias/a", Some(3 * DAY_MS + 5_000))]);
        assert_eq!(needed(&history.after(&read(3 * DAY_MS + 5_000, None, 24)), 3 * DAY_MS + 5_000), []);
    }

    #[test]
    fn a_type_that_flips_before_active_ends_nothing() {
        let begun = history(&[(DAY_MS, Some("alias/a"), 24)]);
        let flipped = StreamReport { status: StreamStatus::Updating, ..read(2 * DAY_MS, None, 24) };
        let later = begun.after(&flipped);
        assert_eq!(needed(&later, 2 * DAY_MS), [("alias/a", None)]);
        assert_eq!(needed(&later.after(&read(3 * DAY_MS, None, 24)), 3 * DAY_MS), [("alias/a", Some(4 * DAY_MS + 5_000))]);
    }

    #[test]
    fn what_aws_does_not_say_ends_nothing() {
        let unstated = report(2 * DAY_MS, "ACTIVE", None);
        let unnamed = StreamReport { encryption: EncryptionReport::Encrypted(None), ..report(2 * DAY_MS, "ACTIVE", None) };
        for strange in [unstated, unnamed] {
            let history = history(&[(DAY_MS, Some("alias/a"), 24)]).after(&strange);
            assert_eq!(needed(&history, 2 * DAY_MS), [("alias/a", None)]);
        }
    }

    #[test]
    fn a_stream_that_was_created_again_needs_nothing_of_the_former() {
        let former = history(&[(DAY_MS, Some("alias/a"), 24), (2 * DAY_MS, None, 24)]);
        let again = StreamReport { created: at(2 * DAY_MS + 1), ..read(2 * DAY_MS + 10, None, 24) };
        assert_eq!(needed(&former.after(&again), 2 * DAY_MS + 10), []);
    }

    #[test]
    fn history_that_does_not_cover_the_retention_says_so() {
        let known = history(&[(10 * DAY_MS, None, 48)]);
        assert_eq!(known.gap(at(11 * DAY_MS)), Some(at(10 * DAY_MS)));
        assert_eq!(known.gap(at(12 * DAY_MS)), None);
        assert_eq!(history(&[(6_000, None, 48)]).gap(at(7_000)), None, "created just before it was read first");
    }

    const KEY_A: &str = "arn:aws:kms:eu-west-1:111122223333:key/aaaaaaaa-1234-1234-1234-123456789012";
    const KEY_B: &str = "arn:aws:kms:eu-west-1:111122223333:key/bbbbbbbb-1234-1234-1234-123456789012";

    /// An enable with a key that settled, sent a second before.
    fn enabled(id: &str, key: &str, meant: Option<&str>, settled: i64) -> Change {
        let resolved = meant.map(|arn| Resolved { arn: arn.parse().unwrap(), at: at(settled - 2_000) });
        let key = Some(key.parse().unwrap());
        let sent_at = Some(at(settled - 1_000));
        Change { id: id.to_owned(), action: Action::Enable, key, resolved, sent_at, settled_at: Some(at(settled)), ..sent_change() }
    }

    fn meant(history: &KeyHistory) -> Vec<Vec<&str>> {
        history
            .uses
            .iter()
            .map(|known| known.meant.iter().map(|meant| if meant.arn.id.starts_with('a') { "A" } else { "B" }).collect())
            .collect()
    }

    #[test]
    fn a_use_holds_every_key_that_its_name_was_seen_to_mean() {
        let mut history = history(&[(DAY_MS, Some("alias/a"), 24)]);
        let (name, a, b): (KeyId, KeyArn, KeyArn) = ("alias/a".parse().unwrap(), KEY_A.parse().unwrap(), KEY_B.parse().unwrap());
        assert!(history.record_meant(&name, &a, at(DAY_MS + 1)));
        assert!(!history.record_meant(&name, &a, at(DAY_MS + 2)), "known");
        assert!(history.record_meant(&name, &b, at(DAY_MS + 3)));
        assert!(!history.record_meant(&"alias/other".parse().unwrap(), &b, at(DAY_MS + 4)), "another name");
        assert_eq!(meant(&history), [["A", "B"]]);
        assert_eq!(
            history.uses[0].meant.iter().map(|meant| meant.seen_from).collect::<Vec<_>>(),
            [Some(at(DAY_MS + 1)), Some(at(DAY_MS + 3))]
        );
        let mut ended = history.after(&read(2 * DAY_MS, None, 24));
        assert!(!ended.record_meant(&name, &a, at(2 * DAY_MS + 1)), "what a name means later is not what it meant");
    }

    #[test]
    fn a_settled_enable_ends_one_use_and_begins_another_under_the_same_name() {
        let mut history = history(&[(DAY_MS, Some("alias/a"), 24)]);
        history.record_meant(&"alias/a".parse().unwrap(), &KEY_A.parse().unwrap(), at(DAY_MS));
        let settled = 2 * DAY_MS;
        let change = enabled("c1", "alias/a", Some(KEY_B), settled);
        let after = history.after(&read(settled, Some("alias/a"), 24)).after_enable(&change);
        assert_eq!(meant(&after), [["A"], ["B"]]);
        assert_eq!(needed(&after, settled), [("alias/a", Some(settled + DAY_MS + 5_000)), ("alias/a", None)]);
        assert_eq!(after.after_enable(&change), after, "noted again");
        let later = after.after(&read(3 * DAY_MS, None, 24));
        assert_eq!(later.after_enable(&change), later, "also when it is over");
        let free = 4 * DAY_MS + 5_000;
        assert_eq!(needed(&later, 3 * DAY_MS), [("alias/a", Some(3 * DAY_MS + 5_000)), ("alias/a", Some(free))]);
        let gone = later.after(&read(free, None, 24)).after(&read(free + 1, None, 24));
        assert_eq!((gone.uses.len(), gone.after_enable(&change)), (0, gone.clone()));
    }

    #[test]
    fn a_settled_enable_under_another_name_is_the_use_that_reads_began() {
        let change = enabled("c1", "alias/b", Some(KEY_B), 2 * DAY_MS);
        let before = history(&[(DAY_MS, Some("alias/a"), 24)]);
        let read_first = before.after(&read(2 * DAY_MS - 500, Some("alias/b"), 24));
        let after = read_first.after_enable(&change);
        assert_eq!((after.uses.len(), after.uses[1].begun_by.as_deref()), (2, Some("c1")));
        assert_eq!(meant(&after)[1], ["B"]);
        // Another instance hears of the change before it reads the stream.
        let heard_first = before.after_enable(&change).after(&read(2 * DAY_MS + 500, Some("alias/b"), 24));
        assert_eq!(heard_first.uses.iter().map(|known| known.key.as_str()).collect::<Vec<_>>(), ["alias/a", "alias/b"]);
        assert_eq!(meant(&heard_first)[1], ["B"]);
    }

    #[test]
    fn an_enable_with_an_unseen_key_loses_none_that_was_seen() {
        let mut history = history(&[(DAY_MS, Some("alias/a"), 24)]);
        history.record_meant(&"alias/a".parse().unwrap(), &KEY_A.parse().unwrap(), at(DAY_MS));
        let after = history.after(&read(2 * DAY_MS, Some("alias/a"), 24)).after_enable(&enabled("c1", "alias/a", None, 2 * DAY_MS));
        assert_eq!(meant(&after), [["A"], ["A"]]);
    }

    #[test]
    fn only_a_settled_enable_of_this_stream_begins_a_use() {
        let history = history(&[(DAY_MS, Some("alias/a"), 24)]);
        let settled = enabled("c1", "alias/a", Some(KEY_B), 2 * DAY_MS);
        for other in [
            Change { settled_at: None, ..settled.clone() },
            Change { action: Action::Disable, ..settled.clone() },
            Change { stream_created: settled.stream_created.plus_millis(5_000), ..settled.clone() },
            Change { settled_at: Some(at(DAY_MS - 1)), ..settled },
        ] {
            assert_eq!(history.after_enable(&other), history);
        }
    }

    #[test]
    fn histories_of_before_a_use_held_a_set_still_read() {
        let old = format!(
            r#"{{"uses":[{{"key":"alias/a","arn":"{KEY_A}","seen_from":1,"ended":2}},{{"key":"alias/b","arn":null,"seen_from":3,"ended":null}},
                {{"key":"alias/c","seen_from":3,"ended":4}}],"known_since":1,"created":0,"retention_hours":24}}"#
        );
        let read: KeyHistory = serde_json::from_str(&old).unwrap();
        assert_eq!(read.uses[0].meant, [Meant { arn: KEY_A.parse().unwrap(), seen_from: None }]);
        assert!(read.uses[1].meant.is_empty() && read.uses[2].meant.is_empty());
        let again: KeyHistory = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
        assert_eq!(again, read);
    }

    #[test]
    fn creation_times_that_are_rounded_differently_are_of_one_stream() {
        let known = history(&[(DAY_MS, Some("alias/a"), 24), (2 * DAY_MS, None, 24)]);
        let rounded = StreamReport { created: at(5_999), ..read(2 * DAY_MS + 1, None, 24) };
        assert_eq!(known.after(&rounded).uses.len(), 1);
    }

    proptest! {
        #[test]
        fn what_a_confirmation_says_is_what_comes_of_it(begun in 1..100i64, lasts in 1..1_000i64, hours in -1..8_760i32) {
            let history = history(&[(begun * HOUR_MS, Some("alias/a"), hours)]);
            let end = (begun + lasts) * HOUR_MS;
            let said = history.if_ended_at(at(end));
            let ended = history.after(&read(end, None, hours));
            prop_assert_eq!(said, ended.needed_until(&ended.uses[0]));
            prop_assert!(said >= Some(at(end)), "never before AWS's 5 s");
        }

        #[test]
        fn no_key_that_was_seen_is_lost_to_an_enable(
            notes in prop::collection::vec((0..3u8, any::<bool>()), 1..20),
        ) {
            // 0: KMS says A or B; 1: an enable with the same name settles, its key seen or not; 2: AWS is read.
            let name: KeyId = "alias/a".parse().unwrap();
            let mut history = history(&[(HOUR_MS, Some("alias/a"), 8_760)]);
            let mut seen = std::collections::BTreeSet::new();
            for (hour, (what, is_b)) in (2i64..).zip(notes) {
                let (now, arn) = (hour * HOUR_MS, if is_b { KEY_B } else { KEY_A });
                match what {
                    0 => {
                        history.record_meant(&name, &arn.parse().unwrap(), at(now));
                        seen.insert(arn);
                    }
                    1 => {
                        history = history.after_enable(&enabled(&format!("c{hour}"), "alias/a", is_b.then_some(KEY_B), now));
                        if is_b {
                            seen.insert(KEY_B);
                        }
                    }
                    _ => history = history.after(&read(now, Some("alias/a"), 8_760)),
                }
                let needed: std::collections::BTreeSet<String> =
                    history.needed(at(now)).flat_map(|known| known.meant.iter().map(|meant| meant.arn.to_string())).collect();
                prop_assert_eq!(&needed, &seen.iter().map(ToString::to_string).collect());
                prop_assert_eq!(history.uses.iter().filter(|known| known.ended.is_none()).count(), 1);
            }
        }

        #[test]
        fn no_key_is_forgotten_while_its_records_may_be_there(
            reads in prop::collection::vec((0..60i64, prop::option::of(prop::sample::select(vec!["alias/a", "alias/b", "alias/c"])), 1..6i32), 1..40),
        ) {
            // Hours in order; what each read showed is written until the next read.
            let mut hours: Vec<_> = reads.clone();
            hours.sort_by_key(|(hour, ..)| *hour);
            let mut history = KeyHistory::default();
            let mut written: Vec<(&str, i64)> = Vec::new();
            let mut least_retention_since: Vec<i64> = Vec::new();
            let mut before: Option<&str> = None;
            for (hour, key, retention) in &hours {
                let now = hour * HOUR_MS;
                // Up to this read new records were encrypted with what the former read showed.
                if let Some(before) = before {
                    written.push((before, now));
                    least_retention_since.push(i64::MAX);
                }
                history = history.after(&read(now, *key, *retention));
                least_retention_since.iter_mut().for_each(|least| *least = (*least).min(i64::from(*retention)));
                before = *key;
                for ((name, until), least) in written.iter().zip(&least_retention_since) {
                    // Records of that time are surely still there if even the shortest retention since keeps them.
                    if until + least * HOUR_MS > now {
                        prop_assert!(history.needed(at(now)).any(|known| known.key.as_str() == *name), "{} at {}", name, hour);
                    }
                }
            }
        }

        #[test]
        fn at_most_one_use_goes_on(reads in prop::collection::vec((prop::option::of(prop::sample::select(vec!["alias/a", "alias/b"])), 1..100i32), 0..30)) {
            let mut history = KeyHistory::default();
            for (hour, (key, retention)) in (1i64..).zip(&reads) {
                history = history.after(&read(hour * HOUR_MS, *key, *retention));
                prop_assert!(history.uses.iter().filter(|known| known.ended.is_none()).count() <= 1);
                prop_assert_eq!(history.uses.last().is_some_and(|known| known.ended.is_none()), key.is_some());
            }
        }
    }
}
