//! A session, and how long it lives.

use serde::{Deserialize, Serialize};

use super::{identity::Role, scope::Scope};
use crate::model::time::{HOUR_MS, MINUTE_MS, Timestamp};

/// A session ends after this long without a user's activity ...
const IDLE_MS: i64 = 15 * MINUTE_MS;
/// ... and in any case this long after sign-in.
const ABSOLUTE_MS: i64 = 8 * HOUR_MS;
/// The most sessions of a user within these limits. When one more begins, the one that has been idle longest ends.
pub const MOST_SESSIONS: u32 = 20;
/// For this long after entering a password, a user isn't asked for it again, whatever they do.
pub const SUDO_MS: i64 = 10 * MINUTE_MS;

/// A session that hasn't been ended, and its user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ActiveSession {
    pub user_id: String,
    pub user_name: String,
    pub role: Role,
    pub scope: Scope,
    pub signed_in_at: Timestamp,
    pub last_human_at: Timestamp,
    /// Until when the last password entry counts as recent.
    pub sudo_until: Option<Timestamp>,
    /// When a break-glass account last signed in, if that was recently.
    pub break_glass_at: Option<Timestamp>,
    /// Whether this comes from memory because the database didn't answer.
    pub is_remembered: bool,
}

impl ActiveSession {
    /// Returns whether the session has passed one of its limits.
    pub const fn is_over(&self, now: Timestamp) -> bool {
        is_over(self.signed_in_at, self.last_human_at, now)
    }
}

/// Returns whether a session with these times has passed one of its limits.
pub const fn is_over(signed_in_at: Timestamp, last_human_at: Timestamp, now: Timestamp) -> bool {
    now.millis_since(last_human_at) >= IDLE_MS || now.millis_since(signed_in_at) >= ABSOLUTE_MS
}

/// Returns the times at or before which a session's user acted last, or signed in, if the session has passed one of its
/// limits.
pub const fn over_since(now: Timestamp) -> (Timestamp, Timestamp) {
    (now.plus_millis(-IDLE_MS), now.plus_millis(-ABSOLUTE_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_when_nobody_acts_and_after_a_day_s_work() {
        let at = Timestamp::from_millis;
        assert!(!is_over(at(0), at(0), at(IDLE_MS - 1)));
        assert!(is_over(at(0), at(0), at(IDLE_MS)));
        assert!(!is_over(at(0), at(ABSOLUTE_MS - 1), at(ABSOLUTE_MS - 1)));
        assert!(is_over(at(0), at(ABSOLUTE_MS), at(ABSOLUTE_MS)), "in spite of an act just now");
        let (idle_since, signed_in_before) = over_since(at(ABSOLUTE_MS));
        assert_eq!((idle_since, signed_in_before), (at(ABSOLUTE_MS - IDLE_MS), at(0)));
        assert!(is_over(at(1), idle_since, at(ABSOLUTE_MS)));
        assert!(!is_over(at(1), idle_since.plus_millis(1), at(ABSOLUTE_MS)));
    }
}
