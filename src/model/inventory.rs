//! One row of the inventory as pages show it: the last state read of a stream, with the time of that read.

use serde::{Deserialize, Serialize};

use super::{
    change::{Change, Rung},
    encryption::{EncryptionState, KeyId},
    stream::{Account, Region, StreamKey, StreamStatus},
    timestamp::Timestamp,
};

/// What is known of one stream. Everything in it was reported by AWS at the time that stands beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamRow {
    pub key: StreamKey,
    /// Where this version stands in the order of all commits.
    pub rev: i64,
    /// `None` until AWS has reported one.
    pub status: Option<Reported<StreamStatus>>,
    pub encryption: EncryptionState,
    /// The KeyId as AWS reported it.
    pub key_id: Option<KeyId>,
    /// When the encryption was last read; `None` when it never was.
    pub read_at: Option<Timestamp>,
    /// Why there is nothing newer, when the last read failed.
    pub problem: Option<ReadProblem>,
    pub retention_hours: Option<i32>,
    pub open_shards: Option<i32>,
    pub mode: Option<String>,
    /// The change that is under way, if one is.
    pub change: Option<ChangeMarks>,
    /// AWS's list no longer names the stream.
    pub is_gone: bool,
    /// The target is marked as production.
    pub is_production: bool,
    /// Changes of this stream are refused: its target is read-only.
    pub is_read_only: bool,
}

/// A value and when AWS reported it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported<T> {
    pub value: T,
    pub at: Timestamp,
}

/// A read that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadProblem {
    pub why: String,
    pub at: Timestamp,
    /// When it is tried again, at the earliest.
    pub next_try: Timestamp,
}

/// A change under way, as small as a row needs it: where it stands and which rungs are lit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeMarks {
    pub id: String,
    /// One per rung, in order.
    pub marks: Vec<Mark>,
    pub current: Option<Rung>,
    pub is_unknown: bool,
}

/// One of the six small marks of a ladder in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mark {
    Lit,
    NotYet,
    NotObserved,
}

impl From<&Change> for ChangeMarks {
    fn from(change: &Change) -> Self {
        Self {
            id: change.id.clone(),
            marks: Rung::ALL.map(|rung| Mark::from(change.rung(rung))).into(),
            current: change.current_rung(),
            is_unknown: change.is_unknown(),
        }
    }
}

impl StreamRow {
    /// Whether something is moving: AWS reports UPDATING, or a change is under way.
    pub fn is_changing(&self) -> bool {
        self.change.is_some() || self.status.as_ref().is_some_and(|status| status.value == StreamStatus::Updating)
    }

    /// Whether the row offers "Disable encryption": on Encrypted and Unknown rows, unless a change is under way.
    pub fn offers_disable(&self) -> bool {
        matches!(self.encryption, EncryptionState::Encrypted | EncryptionState::Unknown)
            && !self.is_gone
            && !self.is_read_only
            && self.key.account.is_resolved()
    }
}

/// How one target is doing, for the bar and the strip over the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetHealth {
    /// `account/region`, or the configured display name.
    pub name: String,
    pub account: Account,
    pub region: Region,
    pub rev: i64,
    pub last_listed: Option<Timestamp>,
    /// Why the target is not read, and since when.
    pub problem: Option<ReadProblem>,
    pub streams: u32,
    /// Streams whose encryption was never read.
    pub unread: u32,
}
