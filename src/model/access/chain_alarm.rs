//! The alarm that the audit chain doesn't match its checkpoints.

use crate::model::time::Timestamp;

/// The longest finding that is kept, in characters.
pub const LONGEST_FINDING: usize = 500;

/// The alarm that the audit chain doesn't match its checkpoints. Until it is acknowledged, nothing is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainAlarm {
    /// Its number; 0 if the database has not recorded it yet.
    pub number: i64,
    pub found_at: Timestamp,
    /// What was found, as a sentence.
    pub finding: String,
    pub acknowledgement: Option<Acknowledgement>,
}

/// An administrator's acknowledgement of an alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    pub at: Timestamp,
    pub by: String,
    pub reason: String,
    /// Proves that Keystream wrote it.
    pub mac: String,
}
