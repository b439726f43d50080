//! How long records stay in a stream.

use crate::model::{
    change::SETTLING_MS,
    time::{HOUR_MS, Timestamp},
};

/// Returns whether knowledge since a time covers all records that may be stored at `now`.
pub fn covers(since: Timestamp, retention_hours: i32, now: Timestamp) -> bool {
    since <= now.plus_millis(-millis_of(retention_hours))
}

/// Returns when the last records stored by `ended` have left the stream: that time, plus AWS's 5 s, plus the retention.
pub(super) fn until(ended: Timestamp, retention_hours: i32) -> Timestamp {
    ended.plus_millis(SETTLING_MS).plus_millis(millis_of(retention_hours))
}

/// Returns AWS's `RetentionPeriodHours` in milliseconds; negative values count as 0.
fn millis_of(retention_hours: i32) -> i64 {
    i64::from(retention_hours.max(0)).saturating_mul(HOUR_MS)
}
