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
/// The rights that the company's provider gives last this long ...
pub const RIGHTS_MS: i64 = 60 * MINUTE_MS;
/// ... and are renewed before they lapse, with the first page that their user opens in this time.
const RENEWED_EARLY_MS: i64 = 10 * MINUTE_MS;
/// When the provider can't be reached, it is asked again after this long.
const RENEWAL_RETRY_MS: i64 = MINUTE_MS;
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
    /// Until when the rights count that the company's provider gave; `None` for local accounts, whose rights stay.
    pub rights_until: Option<Timestamp>,
    /// Whether this comes from memory because the database didn't answer.
    pub is_remembered: bool,
}

/// The state of the rights in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    Valid,
    /// They still count, but the provider should be asked again.
    Due,
    Lapsed,
}

/// Returns the state of rights that count until then.
pub const fn rights_at(rights_until: Option<Timestamp>, now: Timestamp) -> Rights {
    match rights_until {
        Some(until) if now.millis_since(until) >= 0 => Rights::Lapsed,
        Some(until) if until.millis_since(now) <= RENEWED_EARLY_MS => Rights::Due,
        _ => Rights::Valid,
    }
}

/// Returns until when rights count if the provider can't be reached now: they are due again in a minute.
pub const fn put_off(now: Timestamp) -> Timestamp {
    now.plus_millis(RENEWED_EARLY_MS + RENEWAL_RETRY_MS)
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
    fn rights_are_due_before_they_lapse() {
        let at = Timestamp::from_millis;
        let until = Some(at(RIGHTS_MS));
        assert_eq!(rights_at(until, at(0)), Rights::Valid);
        assert_eq!(rights_at(until, at(RIGHTS_MS - RENEWED_EARLY_MS - 1)), Rights::Valid);
        assert_eq!(rights_at(until, at(RIGHTS_MS - RENEWED_EARLY_MS)), Rights::Due);
        assert_eq!(rights_at(until, at(RIGHTS_MS - 1)), Rights::Due);
        assert_eq!(rights_at(until, at(RIGHTS_MS)), Rights::Lapsed);
        assert_eq!(rights_at(None, at(i64::MAX)), Rights::Valid, "a local account's stay");
        let later = Some(put_off(at(0)));
        assert_eq!(rights_at(later, at(RENEWAL_RETRY_MS - 1)), Rights::Valid);
        assert_eq!(rights_at(later, at(RENEWAL_RETRY_MS)), Rights::Due);
    }

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
