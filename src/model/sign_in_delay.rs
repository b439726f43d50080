//! How long failed sign-ins keep the next one waiting: a few are free, then each doubles the wait, up to a minute; who
//! has failed a hundred times waits an hour. There is no lock that only a person could open.

use super::timestamp::{DAY_MS, HOUR_MS, SECOND_MS};

/// Failures of one account that cost nothing: people mistype.
pub const FREE_FOR_ACCOUNT: i64 = 5;
/// Failures of one network that cost nothing: a company may sit behind one address.
pub const FREE_FOR_NETWORK: i64 = 100;
/// So many failures beyond the free ones, and an attempt an hour is left.
const MANY: i64 = 95;
/// Failures that are older than this are forgotten.
pub const FORGOTTEN_AFTER_MS: i64 = DAY_MS;

/// How long to wait after the last of `failures` failures, `free` of which cost nothing.
pub const fn wait_ms(failures: i64, free: i64) -> i64 {
    let beyond = failures - free;
    match beyond {
        ..0 => 0,
        // 1, 2, 4, ... 32 s.
        0..=5 => SECOND_MS << beyond,
        6..MANY => 60 * SECOND_MS,
        _ => HOUR_MS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_a_minute_and_end_at_an_hour() {
        let waits: Vec<i64> = (0..=12).map(|failures| wait_ms(failures, FREE_FOR_ACCOUNT) / SECOND_MS).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(wait_ms(99, FREE_FOR_ACCOUNT), 60 * SECOND_MS);
        assert_eq!(wait_ms(100, FREE_FOR_ACCOUNT), HOUR_MS);
        assert_eq!(wait_ms(i64::MAX, FREE_FOR_ACCOUNT), HOUR_MS);
        assert_eq!((wait_ms(99, FREE_FOR_NETWORK), wait_ms(100, FREE_FOR_NETWORK)), (0, SECOND_MS));
    }

    #[test]
    fn a_day_of_guessing_is_a_handful_of_attempts() {
        // The most that one account can be asked in the 24 hours after its first failure.
        let (mut failures, mut passed) = (0, 0);
        while passed < DAY_MS {
            failures += 1;
            passed += wait_ms(failures, FREE_FOR_ACCOUNT);
        }
        assert!((100..=125).contains(&failures), "{failures}");
    }
}
