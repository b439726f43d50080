//! How long failed sign-ins delay the next attempt.
//!
//! A few failures are free, then each doubles the delay, up to a minute. After a hundred failures on one account, the
//! delay is an hour. For a network it never exceeds a minute, and one failure is forgiven each minute, because many
//! users may share it. Nor does it for a break-glass account, which is needed when nothing else works. Every delay ends
//! by itself; an administrator can end that of an account earlier.

use crate::model::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};

/// The delays for one kind of failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Failures without a delay: users mistype.
    free: i64,
    /// This many failures beyond the free ones bring the longest delay; never for a network.
    many: i64,
    /// How often one failure is forgiven. An account's failures aren't, until the last one is a day old.
    forgiven_every_ms: Option<i64>,
}

/// Failures of one account, or of one session in which the password is entered again.
pub const ACCOUNT: Policy = Policy { free: 5, many: 95, forgiven_every_ms: None };
/// Failures of one break-glass account from one network.
pub const BREAK_GLASS: Policy = Policy { free: 5, many: i64::MAX, forgiven_every_ms: None };
/// Failures from one network, for any account, and of one break-glass account, from any network.
pub const NETWORK: Policy = Policy { free: 100, many: i64::MAX, forgiven_every_ms: Some(MINUTE_MS) };

/// Failures older than this are forgotten.
pub const FORGOTTEN_AFTER_MS: i64 = DAY_MS;

impl Policy {
    /// Returns how long to wait after the last of this many failures.
    pub const fn wait_ms(self, failures: i64) -> i64 {
        let beyond = failures - self.free;
        match beyond {
            ..0 => 0,
            // 1, 2, 4, ... 32 s.
            0..=5 => SECOND_MS << beyond,
            _ if beyond < self.many => MINUTE_MS,
            _ => HOUR_MS,
        }
    }

    /// Returns the number of failures after a new one, given the number before and the time of the last.
    pub const fn counted(self, before: i64, last_at: Timestamp, now: Timestamp) -> i64 {
        let passed = now.millis_since(last_at);
        if passed >= FORGOTTEN_AFTER_MS {
            return 1;
        }
        let forgiven = match self.forgiven_every_ms {
            Some(every) if passed > 0 => passed / every,
            _ => 0,
        };
        let left = before.saturating_sub(forgiven);
        if left > 0 { left.saturating_add(1) } else { 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_a_minute_and_end_at_an_hour_for_accounts_only() {
        let waits: Vec<i64> = (0..=12).map(|failures| ACCOUNT.wait_ms(failures) / SECOND_MS).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(ACCOUNT.wait_ms(99), MINUTE_MS);
        assert_eq!(ACCOUNT.wait_ms(100), HOUR_MS);
        assert_eq!(ACCOUNT.wait_ms(i64::MAX), HOUR_MS);
        assert_eq!((BREAK_GLASS.wait_ms(4), BREAK_GLASS.wait_ms(5)), (0, SECOND_MS));
        assert_eq!((BREAK_GLASS.wait_ms(100), BREAK_GLASS.wait_ms(i64::MAX)), (MINUTE_MS, MINUTE_MS));
        assert_eq!((NETWORK.wait_ms(99), NETWORK.wait_ms(100), NETWORK.wait_ms(1_000_000)), (0, SECOND_MS, MINUTE_MS));
    }

    #[test]
    fn a_day_of_guessing_is_a_handful_of_attempts() {
        // The most attempts on one account in the 24 hours after its first failure.
        let (mut failures, mut passed) = (0, 0);
        while passed < DAY_MS {
            failures += 1;
            passed += ACCOUNT.wait_ms(failures);
        }
        assert!((100..=125).contains(&failures), "{failures}");
    }

    #[test]
    fn a_network_is_forgiven_and_an_account_is_not() {
        let at = |minutes: i64| Timestamp::from_millis(minutes * MINUTE_MS);
        assert_eq!(NETWORK.counted(150, at(0), at(0)), 151);
        assert_eq!(NETWORK.counted(150, at(0), at(60)), 91);
        assert_eq!(NETWORK.counted(150, at(0), at(600)), 1);
        assert_eq!(NETWORK.counted(150, at(60), at(0)), 151, "the clock was set back");
        assert_eq!(ACCOUNT.counted(50, at(0), at(600)), 51);
        assert_eq!(ACCOUNT.counted(50, at(0), at(24 * 60)), 1);
    }
}
