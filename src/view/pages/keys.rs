//! Keys that streams use or still need.

use serde::{Deserialize, Serialize};

use crate::model::{
    stream::{Account, Region, StreamId, encryption::KeyId},
    time::Timestamp,
};

/// `/keys`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysPage {
    pub keys: Vec<KeyCard>,
    pub now: Timestamp,
}

/// `/keys/{arn}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyPage {
    pub card: KeyCard,
    /// Those first that use it.
    pub uses: Vec<KeyUseRow>,
}

/// A key that streams use or still need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyCard {
    /// `key/1234…9012`, or the name as AWS reports it where the key is not known.
    pub title: String,
    pub arn: Option<String>,
    pub path: String,
    /// As AWS reports it for these streams.
    pub names: Vec<String>,
    pub account: Account,
    pub region: Region,
    /// What KMS says of it.
    pub state: String,
    /// What is wrong with it while it is needed.
    pub trouble: Option<String>,
    pub is_bad: bool,
    /// How many streams encrypt with it, and of how many only stored records may need it.
    pub using: u32,
    pub needing: u32,
    /// `None` while a stream uses it.
    pub free_at: Option<Timestamp>,
    /// Of one of these streams the keys are not known for as long as its records are kept.
    pub is_history_short: bool,
}

/// A stream that uses or still needs a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyUseRow {
    pub stream: StreamId,
    /// As AWS reported it.
    pub key: KeyId,
    /// Since when KMS has said that this means the key, where that is known.
    pub meant_since: Option<Timestamp>,
    pub retention_hours: i32,
    /// `None` while it is in use.
    pub until: Option<Timestamp>,
    /// Since when the stream's keys are known, where that does not cover its retention.
    pub known_since: Option<Timestamp>,
}
