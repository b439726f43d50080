//! How long changes of one kind take.

use serde::{Deserialize, Serialize};

/// How long changes of one kind took here, from *sent* to *reached*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypicalDuration {
    pub p50_ms: i64,
    pub p95_ms: i64,
    /// How many changes this is made of.
    pub changes: u32,
}

impl TypicalDuration {
    /// Fewer say nothing of what is usual.
    const FEWEST: usize = 5;

    /// From the durations of past changes, in milliseconds; `None` while there are too few.
    pub fn of(mut durations: Vec<i64>) -> Option<Self> {
        if durations.len() < Self::FEWEST {
            return None;
        }
        durations.sort_unstable();
        // Nearest rank: the smallest value that at least so many hundredths do not exceed.
        let rank = |hundredths: usize| durations[(durations.len() * hundredths).div_ceil(100).max(1) - 1];
        Some(Self { p50_ms: rank(50), p95_ms: rank(95), changes: u32::try_from(durations.len()).unwrap_or(u32::MAX) })
    }
}
