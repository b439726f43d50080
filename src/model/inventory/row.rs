//! One row of the inventory.

use std::sync::Arc;

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

/// What is known about one stream. AWS reported each value at the time stored with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamRow {
    pub id: StreamId,
    /// This version's position in the order of all commits.
    pub rev: i64,
    /// `None` until AWS has reported one.
    pub status: Option<Reported<StreamStatus>>,
    pub encryption: EncryptionState,
    /// The KeyId as AWS reported it.
    pub key_id: Option<KeyId>,
    /// When the encryption was last read; `None` if never.
    pub read_at: Option<Timestamp>,
    /// Why there is nothing newer, if the last read failed.
    pub problem: Option<ReadProblem>,
    pub retention_hours: Option<i32>,
    pub open_shards: Option<i32>,
    pub mode: Option<String>,
    pub created: Option<Timestamp>,
    /// Keys and values, ordered by key; `None` until read.
    pub tags: Option<Arc<[(String, String)]>>,
    /// The active change, if there is one.
    pub change: Option<ChangeMarks>,
    /// Keys that only stored records may need, oldest first. Some may no longer be needed.
    #[serde(default)]
    pub needed_keys: Vec<NeededKey>,
    /// Every key that the KeyId has resolved to while in use, oldest first.
    #[serde(default)]
    pub meant: Vec<Meant>,
    /// Since when the stream's keys are known, if the stream is older. Earlier keys aren't known.
    #[serde(default)]
    pub keys_known_since: Option<Timestamp>,
    /// The settled disable that left the stream unencrypted, if Keystream sent one in the last 30 days.
    #[serde(default)]
    pub undo: Option<String>,
    /// Another stream has the same name, in another account or Region.
    #[serde(default)]
    pub has_namesake: bool,
    /// AWS no longer lists the stream.
    pub is_gone: bool,
    /// The target is marked as production.
    pub is_production: bool,
    /// Changes to this stream are refused: its target is read-only.
    pub is_read_only: bool,
}

/// A value and when AWS reported it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported<T> {
    pub value: T,
    pub at: Timestamp,
}

/// A failed read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadProblem {
    pub why: String,
    pub at: Timestamp,
    /// When it is retried, at the earliest.
    pub next_try: Timestamp,
}

impl StreamRow {
    /// Returns whether AWS reports UPDATING or a change is active.
    pub fn is_changing(&self) -> bool {
        self.change.is_some() || self.status.as_ref().is_some_and(|status| status.value == StreamStatus::Updating)
    }

    /// Returns whether two rows of a stream show the same, apart from when AWS said it.
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

    /// Returns the path of the enable confirmation that undoes the last disable, if that is possible.
    pub fn undo_path(&self) -> Option<String> {
        let can_be = self.offers() == Some(Action::Enable);
        self.undo.as_ref().filter(|_| can_be).map(|id| self.id.undo_path(id))
    }

    /// Returns whether the change with this id is the disable that can be undone now.
    pub fn undoes(&self, change: &str) -> bool {
        self.undo.as_deref() == Some(change) && self.undo_path().is_some()
    }

    /// Returns the action offered: Disable on Encrypted and Unknown rows, Enable on those Not encrypted, and none
    /// during an active change.
    pub fn offers(&self) -> Option<Action> {
        let action = match self.encryption {
            EncryptionState::Encrypted | EncryptionState::Unknown => Action::Disable,
            EncryptionState::NotEncrypted => Action::Enable,
        };
        (self.change.is_none() && !self.is_gone && !self.is_read_only && self.id.account.is_resolved())
            .then_some(action)
    }
}
