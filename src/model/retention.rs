//! How long readers may still need a key after encryption was switched off.
//! Assumes, as the page says, that records keep the encryption with which they were stored.

use super::{
    change::SETTLING_MS,
    timestamp::{HOUR_MS, Timestamp},
};

/// The time until which records stored by `stopped_writing` may need the key: that time, AWS's 5 s, and the retention.
/// `retention_hours` is AWS's `RetentionPeriodHours`; a negative one counts as 0.
pub fn key_needed_until(stopped_writing: Timestamp, retention_hours: i32) -> Timestamp {
    stopped_writing.plus_millis(SETTLING_MS).plus_millis(i64::from(retention_hours.max(0)).saturating_mul(HOUR_MS))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_day_of_retention_is_a_day_and_five_seconds() {
        let until = key_needed_until(Timestamp::from_millis(0), 24);
        assert_eq!(until.as_millis(), 24 * 3_600_000 + 5_000);
    }

    proptest! {
        #[test]
        fn a_key_is_never_free_before_the_five_seconds(start in any::<i64>(), hours in any::<i32>()) {
            let start = Timestamp::from_millis(start);
            prop_assert!(key_needed_until(start, hours) >= start);
        }
    }
}
