//! One row of the inventory.

use serde::{Deserialize, Serialize};

use super::{ChangeMarks, NeededKey};
use crate::model::{
    change::Action,
    keys::Meant,
    stream::{
        StreamId, StreamStatus,
        encryption::{EncryptionState, KeyId},
    },
    time::Timestamp,
};

/// What is known of one stream. Everything in it was reported by AWS at the time that stands beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamRow {
    pub id: StreamId,
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
    pub created: Option<Timestamp>,
    /// Key and value, ordered by key; `None` until they were read.
    pub tags: Option<Vec<(String, String)>>,
    /// The change that is under way, if one is.
    pub change: Option<ChangeMarks>,
    /// Keys that only stored records may need, oldest first; some may be free by now.
    #[serde(default)]
    pub needed_keys: Vec<NeededKey>,
    /// Every key that the KeyId was seen to mean while it has been in use, oldest first.
    #[serde(default)]
    pub meant: Vec<Meant>,
    /// Since when the stream's keys are known, where it is older: those that it used before are not.
    #[serde(default)]
    pub keys_known_since: Option<Timestamp>,
    /// The settled disable that left the stream not encrypted, where one of Keystream's last 30 days did.
    #[serde(default)]
    pub undo: Option<String>,
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

impl StreamRow {
    /// Whether something is moving: AWS reports UPDATING, or a change is under way.
    pub fn is_changing(&self) -> bool {
        self.change.is_some() || self.status.as_ref().is_some_and(|status| status.value == StreamStatus::Updating)
    }

    /// Whether two rows of a stream show the same, apart from when AWS said it.
    pub fn is_same_but_for_times(&self, other: &Self) -> bool {
        let timeless = |row: &Self| {
            let problem = row.problem.as_ref().map(|problem| problem.why.clone());
            let status = row.status.as_ref().map(|status| status.value.clone());
            (
                problem,
                status,
                row.read_at.is_some(),
                Self { rev: 0, read_at: None, problem: None, status: None, ..row.clone() },
            )
        };
        timeless(self) == timeless(other)
    }

    /// The confirmation of the enable that takes the last disable back, while that can be.
    pub fn undo_path(&self) -> Option<String> {
        let can_be = self.offers() == Some(Action::Enable);
        self.undo.as_ref().filter(|_| can_be).map(|id| self.id.undo_path(id))
    }

    /// Whether the change with this id is the disable that can be taken back now.
    pub fn undoes(&self, change: &str) -> bool {
        self.undo.as_deref() == Some(change) && self.undo_path().is_some()
    }

    /// What the row offers: "Disable encryption" on Encrypted and Unknown rows, "Enable encryption" on those Not
    /// encrypted, and nothing while a change is under way, which is followed first.
    pub fn offers(&self) -> Option<Action> {
        let action = match self.encryption {
            EncryptionState::Encrypted | EncryptionState::Unknown => Action::Disable,
            EncryptionState::NotEncrypted => Action::Enable,
        };
        (self.change.is_none() && !self.is_gone && !self.is_read_only && self.id.account.is_resolved())
            .then_some(action)
    }
}
