//! What a person asked for.

use serde::{Deserialize, Serialize};

use super::Action;
use crate::model::{
    keys::KeyArn,
    stream::{
        StreamArn, StreamId,
        encryption::{EncryptionReport, KeyId},
    },
    time::Timestamp,
};

/// What a person asked for and what they were shown: everything about a change that is known when it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    pub action: Action,
    pub arn: StreamArn,
    /// The creation time of the stream that was confirmed; another one means that the stream was replaced.
    pub stream_created: Timestamp,
    /// The KeyId to send: for a disable the one that AWS reported when it was confirmed, unchanged; for an enable the
    /// one that was chosen.
    pub key: Option<KeyId>,
    /// The key that `key` was seen to mean. Added later where KMS didn't say so when the change was confirmed.
    #[serde(default)]
    pub resolved: Option<Resolved>,
    /// How AWS reported the stream's encryption when the change was confirmed. Disables recorded by earlier versions
    /// lack it: see [`Intent::before`].
    #[serde(default)]
    pub from: Option<EncryptionReport>,
    /// The key that the KeyId in `from` meant then, where KMS said so.
    #[serde(default)]
    pub from_key: Option<KeyArn>,
    pub retention_hours: i32,
    /// The name of the person who asked.
    pub actor: String,
    pub reason: String,
    /// Why it was to be sent although 25 of its kind were counted in 24 h.
    #[serde(default)]
    pub quota_reason: Option<String>,
    pub requested_at: Timestamp,
    /// Confirmed while the stream was UPDATING: sent when it is ACTIVE, until then at the latest.
    pub armed_until: Option<Timestamp>,
}

/// The key that a name meant, and when KMS said so: an alias may point elsewhere later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    pub arn: KeyArn,
    pub at: Timestamp,
}

impl Intent {
    /// The stream that it is about.
    pub fn stream_id(&self) -> StreamId {
        StreamId::from(&self.arn)
    }

    /// How AWS reported the stream's encryption before this change.
    pub fn before(&self) -> EncryptionReport {
        match (&self.from, self.action) {
            (Some(from), _) => from.clone(),
            (None, Action::Disable) => EncryptionReport::Encrypted(self.key.clone()),
            (None, Action::Enable) => EncryptionReport::NotEncrypted,
        }
    }

    /// Whether it moves an encrypted stream to another key.
    pub fn is_key_change(&self) -> bool {
        self.action == Action::Enable && matches!(self.before(), EncryptionReport::Encrypted(_))
    }
}
