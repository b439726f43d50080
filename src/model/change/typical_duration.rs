//! How long changes of one kind take.

use serde::{Deserialize, Serialize};

/// How long past changes of one kind took here, from *sent* to *reached*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypicalDuration {
    pub p50_ms: i64,
    pub p95_ms: i64,
    /// The number of changes this is based on.
    pub changes: u32,
}

impl TypicalDuration {
    /// Fewer changes don't show what is typical.
    const FEWEST: usize = 5;

    /// Computes the typical duration from those of past changes, in milliseconds; `None` if there are too few.
    pub fn of(mut durations: Vec<i64>) -> Option<Self> {
        if durations.len() < Self::FEWEST {
            return None;
        }
        durations.sort_unstable();
        // Nearest rank: the smallest value that at least this percentage doesn't exceed.
        let rank = |hundredths: usize| durations[(durations.len() * hundredths).div_ceil(100).max(1) - 1];
        Some(Self { p50_ms: rank(50), p95_ms: rank(95), changes: u32::try_from(durations.len()).unwrap_or(u32::MAX) })
    }
}
