//! Sessions as of the database's last answer. While the database can't be reached, nobody can end a session either, so
//! those that were valid a moment before stay valid for reading: operators still see what Keystream knows.

use std::{collections::HashMap, time::Duration};

use parking_lot::Mutex;

use crate::model::access::session::ActiveSession;

/// A session counts as valid during an outage if it was looked up at most this long before the last answer. Another
/// instance may have ended it in between; open pages look theirs up every 4 s.
const AT_MOST_OLD: Duration = Duration::from_secs(10);
/// How long the database isn't asked again after a failure, so that not every page waits for it.
const LEFT_ALONE: Duration = Duration::from_secs(2);

/// The sessions that were valid recently. Times are by the steady clock.
#[derive(Debug, Default)]
pub struct Remembered(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    good: HashMap<String, (ActiveSession, Duration)>,
    last_answer: Option<Duration>,
    last_failure: Option<Duration>,
}

impl Remembered {
    /// Notes the database's answer: the session is valid or not.
    pub fn answered(&self, id_hash: &str, row: Option<&ActiveSession>, now: Duration) {
        let mut memory = self.0.lock();
        memory.last_answer = Some(now);
        memory.last_failure = None;
        match row {
            Some(row) => {
                memory.good.insert(id_hash.to_owned(), (row.clone(), now));
                // Entries that are too old to count never count again.
                memory.good.retain(|_, (_, asked)| now.saturating_sub(*asked) <= AT_MOST_OLD);
            }
            None => {
                memory.good.remove(id_hash);
            }
        }
    }

    /// Notes that the database didn't answer, and returns what counts instead.
    pub fn failed(&self, id_hash: &str, now: Duration) -> Option<ActiveSession> {
        let mut memory = self.0.lock();
        memory.last_failure = Some(now);
        memory.still_good(id_hash)
    }

    /// What counts instead of an answer while the database isn't asked.
    pub fn while_left_alone(&self, id_hash: &str, now: Duration) -> Option<ActiveSession> {
        let memory = self.0.lock();
        memory.last_failure.filter(|failed| now.saturating_sub(*failed) < LEFT_ALONE)?;
        memory.still_good(id_hash)
    }

    /// Forgets a user's sessions, after this instance ended some or changed the user's rights.
    pub fn forget_those_of(&self, user_id: &str) {
        self.0.lock().good.retain(|_, (row, _)| row.user_id != user_id);
    }
}

impl Memory {
    fn still_good(&self, id_hash: &str) -> Option<ActiveSession> {
        let (row, asked) = self.good.get(id_hash)?;
        let last_answer = self.last_answer?;
        (last_answer.saturating_sub(*asked) <= AT_MOST_OLD)
            .then(|| ActiveSession { is_remembered: true, ..row.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        access::{identity::Role, scope::Scope},
        time::Timestamp,
    };

    #[test]
    fn only_what_was_good_a_moment_before_the_outage_counts_during_it() {
        let now = Timestamp::from_millis(0);
        let row = ActiveSession {
            user_id: "u".to_owned(),
            user_name: "u".to_owned(),
            role: Role::Viewer,
            scope: Scope::everything(),
            signed_in_at: now,
            last_human_at: now,
            sudo_until: None,
            break_glass_at: None,
            rights_until: None,
            is_remembered: false,
        };
        let at = Duration::from_secs;
        let remembered = Remembered::default();
        assert!(remembered.failed("a", at(0)).is_none(), "never asked about");
        remembered.answered("a", Some(&row), at(0));
        remembered.answered("b", Some(&row), at(9));
        remembered.answered("c", Some(&row), at(9));
        remembered.answered("c", None, at(10));
        assert!(remembered.while_left_alone("a", at(10)).is_none(), "the database answers");
        assert!(remembered.failed("a", at(11)).unwrap().is_remembered, "good for looking only");
        assert!(remembered.while_left_alone("a", at(12)).is_some());
        assert!(remembered.while_left_alone("a", at(13)).is_none(), "the database is asked again");
        assert!(remembered.failed("b", at(600)).is_some(), "however long the outage lasts");
        assert!(remembered.failed("c", at(11)).is_none(), "ended");
        remembered.answered("x", None, at(601));
        assert!(remembered.failed("b", at(602)).is_none(), "an answer came since, and b was not asked about");
        remembered.answered("d", Some(&row), at(603));
        remembered.answered("e", Some(&ActiveSession { user_id: "other".to_owned(), ..row.clone() }), at(603));
        remembered.forget_those_of("u");
        assert!(remembered.failed("d", at(604)).is_none());
        assert!(remembered.failed("e", at(604)).is_some(), "another user's");
    }
}
