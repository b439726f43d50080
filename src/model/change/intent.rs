//! What a user requested.

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

/// What a user requested and was shown: everything known about a change when it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    pub action: Action,
    pub arn: StreamArn,
    /// The creation time of the confirmed stream. A different one means that the stream was replaced.
    pub stream_created: Timestamp,
    /// The KeyId to send. For a disable, the one that AWS reported at confirmation, unchanged; for an enable, the
    /// chosen one.
    pub key: Option<KeyId>,
    /// The key that `key` resolved to. Added later if KMS couldn't tell at confirmation.
    #[serde(default)]
    pub resolved: Option<Resolved>,
    /// How AWS reported the stream's encryption at confirmation. Missing from disables recorded by earlier versions:
    /// see [`Intent::before`].
    #[serde(default)]
    pub from: Option<EncryptionReport>,
    /// The key that the KeyId in `from` resolved to then, if KMS could tell.
    #[serde(default)]
    pub from_key: Option<KeyArn>,
    pub retention_hours: i32,
    /// The requester's name.
    pub actor: String,
    pub reason: String,
    /// Why to send it although 25 of its kind were counted in 24 h.
    #[serde(default)]
    pub quota_reason: Option<String>,
    pub requested_at: Timestamp,
    /// Set if it was confirmed while the stream was UPDATING: until when it may wait to be sent.
    pub armed_until: Option<Timestamp>,
}

/// The key that a name resolved to, and when KMS said so. An alias may point elsewhere later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    pub arn: KeyArn,
    pub at: Timestamp,
}

impl Intent {
    /// Returns the stream to change.
    pub fn stream_id(&self) -> StreamId {
        StreamId::from(&self.arn)
    }

    /// Returns how AWS reported the stream's encryption before this change.
    pub fn before(&self) -> EncryptionReport {
        match (&self.from, self.action) {
            (Some(from), _) => from.clone(),
            (None, Action::Disable) => EncryptionReport::Encrypted(self.key.clone()),
            (None, Action::Enable) => EncryptionReport::NotEncrypted,
        }
    }

    /// Returns whether it changes the key of an encrypted stream.
    pub fn is_key_change(&self) -> bool {
        self.action == Action::Enable && matches!(self.before(), EncryptionReport::Encrypted(_))
    }
}
