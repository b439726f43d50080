//! A live session, and how long one lives.

use serde::{Deserialize, Serialize};

use super::{identity::Role, scope::Scope};
use crate::model::time::{HOUR_MS, MINUTE_MS, Timestamp};

/// A session ends after this long without a person's act ...
const IDLE_MS: i64 = 15 * MINUTE_MS;
/// ... and in any case this long after the sign-in.
const ABSOLUTE_MS: i64 = 8 * HOUR_MS;
/// Whoever has just entered a password counts as being there for this long, whatever is done meanwhile.
pub const SUDO_MS: i64 = 10 * MINUTE_MS;

/// A session that nobody has ended, with its user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ActiveSession {
    pub user_id: String,
    pub user_name: String,
    pub role: Role,
    pub scope: Scope,
    pub signed_in_at: Timestamp,
    pub last_human_at: Timestamp,
    /// Until when the person counts as having just entered the password.
    pub sudo_until: Option<Timestamp>,
    /// When an emergency account last signed in, if ever lately.
    pub break_glass_at: Option<Timestamp>,
    /// From memory, because the database did not answer.
    pub is_remembered: bool,
}

impl ActiveSession {
    /// Whether the session is past one of its limits.
    pub const fn is_over(&self, now: Timestamp) -> bool {
        is_over(self.signed_in_at, self.last_human_at, now)
    }
}

/// Whether a session of these times is past one of its limits.
pub const fn is_over(signed_in_at: Timestamp, last_human_at: Timestamp, now: Timestamp) -> bool {
    now.millis_since(last_human_at) >= IDLE_MS || now.millis_since(signed_in_at) >= ABSOLUTE_MS
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
    }
}
