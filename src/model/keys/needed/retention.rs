//! How long records stay in a stream.

use crate::model::{
    change::SETTLING_MS,
    time::{HOUR_MS, Timestamp},
};

/// Whether what is known since a time covers all records that may be stored at `now`.
pub fn covers(since: Timestamp, retention_hours: i32, now: Timestamp) -> bool {
    since <= now.plus_millis(-millis_of(retention_hours))
}

/// When the last records that were stored by `ended` have left: that time, AWS's 5 s, and the retention.
pub(super) fn until(ended: Timestamp, retention_hours: i32) -> Timestamp {
    ended.plus_millis(SETTLING_MS).plus_millis(millis_of(retention_hours))
}

/// AWS's `RetentionPeriodHours` in milliseconds; a negative one counts as 0.
fn millis_of(retention_hours: i32) -> i64 {
    i64::from(retention_hours.max(0)).saturating_mul(HOUR_MS)
}
