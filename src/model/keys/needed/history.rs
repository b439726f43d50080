//! The keys of one stream, as its reads and its settled enables tell them.

use serde::{Deserialize, Serialize};

use super::{KeyUse, covers, retention::until};
use crate::model::{
    change::{Action, Change},
    keys::{KeyArn, Meant},
    stream::{
        StreamReport, StreamStatus,
        encryption::{EncryptionReport, KeyId},
        is_same_creation,
    },
    time::{HOUR_MS, Timestamp},
};

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

impl KeyHistory {
    /// Whether the stream was never read.
    pub const fn is_empty(&self) -> bool {
        self.known_since.is_none()
    }

    /// The history after one more read. What had become free under the former retention stays free: records that had
    /// left the stream do not come back when its retention grows. A read that is older than what is known changes
    /// nothing but is harmless, because only a newer state ends a use.
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

    /// Notes that KMS said at `at` which key a name means: of the use that goes on under that name. Returns whether
    /// that's news.
    pub fn record_meant(&mut self, key: &KeyId, arn: &KeyArn, at: Timestamp) -> bool {
        let Some(open) = self.uses.iter_mut().find(|known| known.ended.is_none() && known.key == *key) else {
            return false;
        };
        let known = open.meant.len();
        open.record_meant(arn, at);
        open.meant.len() > known
    }

    /// The history after an enable has settled: it ends one use and begins another, also under the same name, which no
    /// read can tell apart. Noting it again changes nothing.
    #[must_use]
    pub fn after_enable(&self, change: &Change) -> Self {
        let mut history = self.clone();
        let (Action::Enable, Some(sent), Some(settled)) =
            (change.intent.action, change.evidence.sent_at, change.evidence.settled_at)
        else {
            return history;
        };
        let is_known = self.uses.iter().any(|known| known.begun_by.as_ref() == Some(&change.id));
        if is_known || !self.is_of(change.intent.stream_created) {
            return history;
        }
        let Some(index) = self.uses.iter().position(|known| known.was_on_at(settled)) else { return history };
        let former = &mut history.uses[index];
        // Else a read has begun it already, under its new name.
        let is_one_use = former.seen_from < sent;
        if is_one_use {
            let name = change
                .intent
                .key
                .as_ref()
                .filter(|_| self.last_read.is_none_or(|last| last < settled))
                .unwrap_or(&former.key)
                .clone();
            // Where KMS did not say what the name meant at the enable, it may be anything that it was seen to mean.
            let may_still =
                |meant: &&Meant| change.intent.resolved.is_none() || meant.seen_from.is_some_and(|seen| seen >= sent);
            let meant = former.meant.iter().filter(may_still).filter(|_| name == former.key).cloned().collect();
            let new = KeyUse { key: name, meant, seen_from: settled, ended: former.ended, begun_by: None };
            former.ended = Some(settled);
            history.uses.insert(index + 1, new);
        }
        let new = &mut history.uses[index + usize::from(is_one_use)];
        if let Some(resolved) = change.intent.resolved.as_ref().filter(|_| change.intent.key.as_ref() == Some(&new.key))
        {
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

    /// Until when stored records may need the key of a use, by the retention of the last read; `None` while it is in
    /// use.
    pub fn needed_until(&self, key: &KeyUse) -> Option<Timestamp> {
        key.ended.map(|ended| until(ended, self.retention_hours))
    }

    /// Until when stored records would need the key in use if new ones were last encrypted with it at `now`; `None`
    /// before the first read.
    pub fn if_ended_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.last_read.map(|last| until(now.max(last), self.retention_hours))
    }

    /// What is needed at `now`: uses that go on, and those whose records may still be there. A stream that was not read
    /// since may have another retention by now: what was not free at its last read is needed.
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

    /// Since when keys are known, where that does not cover the retention: records stored before may need keys that are
    /// not known.
    pub fn gap(&self, now: Timestamp) -> Option<Timestamp> {
        self.begins_late().filter(|since| !covers(*since, self.retention_hours, now))
    }
}
