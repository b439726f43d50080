//! Keys that only stored records may need.

use serde::{Deserialize, Serialize};

use crate::model::{
    change::{Action, Change},
    keys::Meant,
    stream::encryption::{EncryptionReport, KeyId},
    time::Timestamp,
};

/// A key that stored records of a stream may need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeededKey {
    /// As AWS reported it while in use.
    pub key: KeyId,
    /// Every key that the name resolved to while in use, oldest first.
    pub meant: Vec<Meant>,
    /// In use from this time, as far as is known, to that one.
    pub seen_from: Timestamp,
    pub ended: Timestamp,
    pub until: Timestamp,
}

impl NeededKey {
    /// Returns whether it describes the key of another use.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        let is_named = self.key == other.key && (self.meant.is_empty() || other.meant.is_empty());
        is_named || self.meant.iter().any(|meant| other.meant.iter().any(|known| known.arn == meant.arn))
    }
}

/// The previous key of a settled change. Stored records may need it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftKey {
    /// As AWS reported it before the change.
    pub key: KeyId,
    pub sent_at: Timestamp,
    pub stream_created: Timestamp,
}

impl LeftKey {
    /// Returns the previous key of a change; `None` before it has settled, and if the stream wasn't encrypted.
    pub fn of(change: &Change) -> Option<Self> {
        change.evidence.settled_at?;
        let key = match (change.intent.action, &change.intent.from) {
            (Action::Disable, _) => change.intent.key.clone(),
            (Action::Enable, Some(EncryptionReport::Encrypted(former))) => former.clone(),
            (Action::Enable, _) => None,
        };
        Some(Self { key: key?, sent_at: change.evidence.sent_at?, stream_created: change.intent.stream_created })
    }
}
