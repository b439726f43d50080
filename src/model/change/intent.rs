//! What a person asked for.

use serde::{Deserialize, Serialize};

use super::Action;
use crate::model::{
    keys::KeyArn,
    stream::{
        StreamArn,
        encryption::{EncryptionReport, KeyId},
    },
    time::Timestamp,
};

/// What a person asked for: everything of a change that stands when it is recorded.
#[derive(Debug, Clone)]
pub struct Intent {
    pub id: String,
    pub action: Action,
    pub arn: StreamArn,
    pub stream_created: Timestamp,
    pub key: Option<KeyId>,
    pub resolved: Option<Resolved>,
    pub from: EncryptionReport,
    pub from_key: Option<KeyArn>,
    pub retention_hours: i32,
    pub actor: String,
    pub reason: String,
    pub quota_reason: Option<String>,
    /// Set for a change that waits for its stream.
    pub armed_until: Option<Timestamp>,
}

/// The key that a name meant, and when KMS said so: an alias may point elsewhere later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    pub arn: KeyArn,
    pub at: Timestamp,
}
