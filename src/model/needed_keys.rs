//! Keys that stored records of a stream may still need: each key in use within the retention, until it stopped being
//! written, AWS's 5 s, and the retention. Assumes, as pages say, that records keep the encryption with which they were
//! stored; AWS's text speaks of new records only.

use serde::{Deserialize, Serialize};

use super::{
    encryption::{EncryptionReport, KeyId},
    keys::KeyArn,
    retention,
    stream::{StreamReport, StreamStatus},
    timestamp::{HOUR_MS, Timestamp},
};

/// One time in which new records of a stream were encrypted with a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyUse {
    /// As AWS reported it.
    pub key: KeyId,
    /// The key that the name meant while it was in use, where KMS told.
    #[serde(default)]
    pub arn: Option<KeyArn>,
    /// The first read that showed it; it may have been in use before.
    pub seen_from: Timestamp,
    /// The first read that showed another state: from then on at the latest new records are not encrypted with it. `None`
    /// while it is in use.
    pub ended: Option<Timestamp>,
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
    /// Until when stored records may need the key; `None` while it is in use.
    pub fn needed_until(&self, retention_hours: i32) -> Option<Timestamp> {
        self.ended.map(|ended| retention::key_needed_until(ended, retention_hours))
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
        if self.created != Some(report.created) {
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
            self.uses.push(KeyUse { key: key.clone(), arn: report.key_arn.as_deref().cloned(), seen_from: report.read_at, ended: None });
        }
        self
    }

    fn forget_free(&mut self, now: Timestamp) {
        let retention = self.retention_hours;
        self.uses.retain(|known| known.needed_until(retention).is_none_or(|until| until > now));
    }

    /// What is needed at `now`: uses that go on, and those whose records may still be there. A stream that was not read since
    /// may have another retention by now: what was not free at its last read is needed.
    pub fn needed(&self, now: Timestamp) -> impl Iterator<Item = &KeyUse> {
        let known_at = self.last_read.map_or(now, |last| last.min(now));
        self.uses.iter().filter(move |known| known.needed_until(self.retention_hours).is_none_or(|until| until > known_at))
    }

    /// Since when keys are known, where that does not cover the retention: keys used before are not known.
    pub fn gap(&self, now: Timestamp) -> Option<Timestamp> {
        let window = i64::from(self.retention_hours.max(0)).saturating_mul(HOUR_MS);
        let begins = now.plus_millis(-window);
        let since = self.known_since?;
        // A stream that was created later has no records from before.
        let is_whole = since <= begins || self.created.is_some_and(|created| created.plus_millis(HOUR_MS) >= since);
        (!is_whole).then_some(since)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{change::tests::report, timestamp::DAY_MS};

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
        let retention = history.retention_hours;
        history.needed(at(now)).map(|known| (known.key.as_str(), known.needed_until(retention).map(Timestamp::as_millis))).collect()
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

    proptest! {
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
