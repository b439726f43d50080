//! The keys of a row that stored records still need, and until when.

use super::{LeftKey, NeededKey, StreamRow};
use crate::model::{
    keys::{KeyArn, Meant, needed::covers},
    stream::{encryption::EncryptionState, is_same_creation},
    time::Timestamp,
};

impl StreamRow {
    /// Returns the keys that only stored records may need at `now`.
    ///
    /// Each occurs once, with its latest date, and not if it is in use again. A stream that hasn't been read since may
    /// have a longer retention by now, so a key that was needed at the last read stays needed.
    pub fn needed_at(&self, now: Timestamp) -> Vec<NeededKey> {
        let known_at = self.read_at.map_or(now, |read| read.min(now));
        let is_encrypted = self.encryption == EncryptionState::Encrypted;
        let has = |meant: &[Meant], arn: &KeyArn| meant.iter().any(|known| known.arn == *arn);
        let mut needed = Vec::new();
        for (index, one) in self.needed_keys.iter().enumerate().filter(|(_, one)| one.until > known_at) {
            let others = self.needed_keys.iter().enumerate();
            let longer: Vec<&NeededKey> = others
                .filter(|(other, longer)| (longer.until, *other) > (one.until, index))
                .map(|(_, longer)| longer)
                .collect();
            let is_named = is_encrypted && self.key_id.as_ref() == Some(&one.key);
            // If KMS hasn't resolved a name, assume that it means what it meant before.
            let is_in_use = is_named && (self.meant.is_empty() || one.meant.is_empty());
            let is_unexplained = one.meant.is_empty();
            if is_in_use || (is_unexplained && longer.iter().any(|longer| longer.key == one.key)) {
                continue;
            }
            let is_left = |meant: &&Meant| {
                let is_in_use = is_encrypted && has(&self.meant, &meant.arn);
                !is_in_use && !longer.iter().any(|longer| has(&longer.meant, &meant.arn))
            };
            let meant: Vec<Meant> = one.meant.iter().filter(is_left).cloned().collect();
            if is_unexplained || !meant.is_empty() {
                needed.push(NeededKey { meant, ..one.clone() });
            }
        }
        needed
    }

    /// Returns since when the stream's keys are known, if older records may be stored.
    pub fn keys_gap(&self, now: Timestamp) -> Option<Timestamp> {
        self.keys_known_since.filter(|since| !covers(*since, self.retention_hours.unwrap_or(0), now))
    }

    /// Returns the keys that a change left behind and stored records still need: none once they are free, and none for
    /// another stream of the same name.
    pub fn still_needed_of(&self, left: &LeftKey, now: Timestamp) -> Vec<NeededKey> {
        let is_this_stream = self.created.is_some_and(|created| is_same_creation(created, left.stream_created));
        // The same name may have been in use several times. This is the use that the change ended.
        let was_on = |needed: &&NeededKey| {
            needed.key == left.key && needed.seen_from <= left.sent_at && left.sent_at <= needed.ended
        };
        let Some(ended) = self.needed_keys.iter().find(was_on).filter(|_| is_this_stream && !self.is_gone) else {
            return Vec::new();
        };
        // A key may have been in use again since, and be needed for longer.
        self.needed_at(now).into_iter().filter(|needed| needed.is_of(ended)).collect()
    }
}
