//! Counts of reads that say the same.

use serde::{Deserialize, Serialize};

use crate::model::time::{SECOND_MS, Timestamp};

/// Reads of one kind, counted at most once every 10 s so that a burst of polls is one observation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub reads: u32,
    /// The first read that was counted.
    #[serde(default)]
    pub since: Option<Timestamp>,
    pub last_counted: Option<Timestamp>,
}

impl Tally {
    const SPACING_MS: i64 = 10 * SECOND_MS;

    /// This tally with one more read at `at`, if it is at least 10 s after the last one that was counted.
    #[must_use]
    pub fn with(&self, at: Timestamp) -> Self {
        match self.last_counted {
            Some(last) if at.millis_since(last) < Self::SPACING_MS => self.clone(),
            _ => Self { reads: self.reads.saturating_add(1), since: self.since.or(Some(at)), last_counted: Some(at) },
        }
    }
}
