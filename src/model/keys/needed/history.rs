//! The keys of one stream over time, as its reads and its settled enables show them.

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

/// The keys of one stream over time, as far as reads show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyHistory {
    /// Oldest first.
    pub uses: Vec<KeyUse>,
    /// The first read of this stream. What was before isn't known.
    pub known_since: Option<Timestamp>,
    /// When this stream was created. A later one of the same name starts a new history.
    pub created: Option<Timestamp>,
    /// The last read, by which freed keys are judged.
    #[serde(default)]
    pub last_read: Option<Timestamp>,
    /// The retention of the last read, in hours.
    pub retention_hours: i32,
}

impl KeyHistory {
    /// Returns whether the stream was never read.
    pub const fn is_empty(&self) -> bool {
        self.known_since.is_none()
    }

    /// Returns the history after one more read.
    ///
    /// A key that had become free under the previous retention stays free: records that have left the stream don't
    /// return when its retention grows. A read older than what is known changes nothing.
    #[must_use]
    pub fn after(&self, report: &StreamReport) -> Self {
        if !self.is_of(report.created) {
            let fresh = Self { created: Some(report.created), known_since: Some(report.read_at), ..Self::default() };
            return fresh.with(report);
        }
        let mut history = self.clone();
        if let Some(last) = self.last_read {
            // Only keys free when the previous retention was last read, because it may have grown just after.
            history.forget_free(last);
        }
        history.with(report)
    }

    fn with(mut self, report: &StreamReport) -> Self {
        self.retention_hours = report.retention_hours;
        self.last_read = self.last_read.max(Some(report.read_at));
        // AWS may report the new type while it still writes with the old key. Only ACTIVE ends a use.
        let may_end = report.status == StreamStatus::Active;
        let present = match &report.encryption {
            // AWS didn't say, so this is neither the beginning nor the end of a use.
            EncryptionReport::Unstated(_) => return self,
            EncryptionReport::NotEncrypted | EncryptionReport::Encrypted(None) => None,
            EncryptionReport::Encrypted(Some(key)) => Some(key),
        };
        let is_encrypted = matches!(report.encryption, EncryptionReport::Encrypted(_));
        for open in self.uses.iter_mut().filter(|known| known.ended.is_none()) {
            // Encrypted under a key that AWS doesn't name: it may be the same one.
            let goes_on = present.map_or(is_encrypted, |key| *key == open.key);
            if !goes_on && may_end {
                open.ended = Some(report.read_at.max(open.seen_from));
            }
        }
        let is_open = self.uses.iter().any(|known| known.ended.is_none());
        if let Some(key) = present.filter(|_| !is_open) {
            // Assume what the name last resolved to until KMS says more: one key too many is better than one too few.
            let former = self.uses.iter().rev().find(|known| known.key == *key);
            let meant = former.and_then(|known| known.meant.last()).cloned().into_iter().collect();
            self.uses.push(KeyUse { key: key.clone(), meant, seen_from: report.read_at, ended: None, begun_by: None });
        }
        if let (Some(key), Some(arn)) = (present, &report.key_arn) {
            self.record_meant(key, arn, report.read_at);
        }
        self
    }

    /// Records that KMS resolved a name to a key at `at`, for the current use under that name. Returns whether that is
    /// news.
    pub fn record_meant(&mut self, key: &KeyId, arn: &KeyArn, at: Timestamp) -> bool {
        let Some(open) = self.uses.iter_mut().find(|known| known.ended.is_none() && known.key == *key) else {
            return false;
        };
        let known = open.meant.len();
        open.record_meant(arn, at);
        open.meant.len() > known
    }

    /// Returns the history after an enable has settled.
    ///
    /// It ends one use and begins another, even under the same name, which reads can't show. Recording it again changes
    /// nothing.
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
        // Otherwise a read has already begun the use, under its new name.
        let is_one_use = former.seen_from < sent;
        if is_one_use {
            let name = change
                .intent
                .key
                .as_ref()
                .filter(|_| self.last_read.is_none_or(|last| last < settled))
                .unwrap_or(&former.key)
                .clone();
            // If KMS couldn't resolve the name at the enable, it may mean any of the earlier keys.
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

    /// Returns the history with what another history of the same stream knows, and this one doesn't: keys in use
    /// between its reads, and keys that names have resolved to. One key too many is better than one too few.
    #[must_use]
    pub fn joined(mut self, other: &Self) -> Self {
        if other.created.is_none_or(|created| !self.is_of(created)) {
            return self;
        }
        for seen in &other.uses {
            let last_seen = seen.ended.or(other.last_read).unwrap_or(seen.seen_from).max(seen.seen_from);
            // Uses of one key that meet are one use.
            let met = self.uses.iter_mut().rfind(|known| {
                known.key == seen.key
                    && known.seen_from <= last_seen
                    && known.ended.is_none_or(|ended| seen.seen_from <= ended)
            });
            let Some(known) = met else {
                // By this history's last read it was no longer in use.
                let ended = seen.ended.or(self.last_read).map(|ended| ended.max(seen.seen_from));
                self.uses.push(KeyUse { ended, ..seen.clone() });
                continue;
            };
            let news = |meant: &&Meant| !known.meant.iter().any(|known| known.arn == meant.arn);
            let news: Vec<Meant> = seen.meant.iter().filter(news).cloned().collect();
            known.meant.extend(news);
            known.ended = known.ended.map(|ended| ended.max(last_seen));
        }
        self.uses.sort_by_key(|known| known.seen_from);
        self
    }

    fn is_of(&self, created: Timestamp) -> bool {
        self.created.is_some_and(|known| is_same_creation(known, created))
    }

    fn forget_free(&mut self, now: Timestamp) {
        let retention = self.retention_hours;
        self.uses.retain(|known| known.ended.is_none_or(|ended| until(ended, retention) > now));
    }

    /// Returns until when stored records may need the key of a use, by the retention of the last read; `None` while in
    /// use.
    pub fn needed_until(&self, key: &KeyUse) -> Option<Timestamp> {
        key.ended.map(|ended| until(ended, self.retention_hours))
    }

    /// Returns until when stored records would need the current key if `now` were the end of its use; `None` before the
    /// first read.
    pub fn if_ended_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.last_read.map(|last| until(now.max(last), self.retention_hours))
    }

    /// Returns the uses needed at `now`: current ones, and those whose records may still be stored. A stream that
    /// hasn't been read since may have a longer retention by now, so a use that was needed at the last read stays
    /// needed.
    pub fn needed(&self, now: Timestamp) -> impl Iterator<Item = &KeyUse> {
        let known_at = self.last_read.map_or(now, |last| last.min(now));
        self.uses.iter().filter(move |known| self.needed_until(known).is_none_or(|until| until > known_at))
    }

    /// Returns the current use.
    pub fn in_use(&self) -> Option<&KeyUse> {
        self.uses.iter().rfind(|known| known.ended.is_none())
    }

    /// Returns since when keys are known, if the stream is older. Its earlier keys aren't known.
    pub fn begins_late(&self) -> Option<Timestamp> {
        let since = self.known_since?;
        let is_whole = self.created.is_some_and(|created| created.plus_millis(HOUR_MS) >= since);
        (!is_whole).then_some(since)
    }

    /// Returns since when keys are known, if that doesn't cover the retention: older records may need keys that aren't
    /// known.
    pub fn gap(&self, now: Timestamp) -> Option<Timestamp> {
        self.begins_late().filter(|since| !covers(*since, self.retention_hours, now))
    }
}
