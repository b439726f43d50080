//! Keys that streams use or still need.

use crate::model::{
    stream::{Account, Region, StreamId, encryption::KeyId},
    time::Timestamp,
};

/// The model of `/keys`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeysPage {
    pub keys: Vec<KeyCard>,
    pub now: Timestamp,
}

/// The model of `/keys/{arn}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPage {
    pub card: KeyCard,
    /// The streams that use the key come first.
    pub uses: Vec<KeyUseRow>,
}

/// A key that streams use or still need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyCard {
    /// `key/1234…9012`, or the name as AWS reports it if the key isn't known.
    pub title: String,
    pub arn: Option<String>,
    pub path: String,
    /// The names that AWS reports for these streams, other than the key's ARN.
    pub names: Vec<String>,
    pub account: Account,
    pub region: Region,
    /// What KMS says about the key.
    pub state: String,
    /// What is wrong with the key while it is needed.
    pub trouble: Option<String>,
    pub is_bad: bool,
    /// How many streams encrypt with the key, and for how many more only stored records may need it.
    pub using: u32,
    pub needing: u32,
    /// `None` while a stream uses it.
    pub free_at: Option<Timestamp>,
    /// Whether, for one of these streams, the keys aren't known for as long as its records are kept.
    pub is_history_short: bool,
}

/// A stream that uses or still needs a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUseRow {
    pub stream: StreamId,
    /// The key as AWS reported it.
    pub key: KeyId,
    /// Since when KMS has resolved that name to this key, if known.
    pub meant_since: Option<Timestamp>,
    pub retention_hours: i32,
    /// `None` while it is in use.
    pub until: Option<Timestamp>,
    /// Since when the stream's keys are known, if that doesn't cover its retention.
    pub known_since: Option<Timestamp>,
}
