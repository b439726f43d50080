//! Pauses of a target's background reads.

use serde::{Deserialize, Serialize};

use crate::model::{
    forms::FormMistake,
    time::{MINUTE_MS, Timestamp},
};

/// The pauses that the form offers, in minutes.
pub const OFFERED_PAUSES: [i64; 5] = [15, 30, 60, 120, 240];
/// The pause that the form preselects, in minutes.
pub const USUAL_PAUSE: i64 = 60;
/// The longest pause, in minutes, so that no forgotten one leaves a target unread.
const LONGEST_MINUTES: i64 = 240;
/// A pause that began later than this from now was set by a clock that has been set back.
const CLOCK_TOLERANCE_MS: i64 = MINUTE_MS;

/// The pause of a target's background reads. It ends by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    pub by: String,
    pub at: Timestamp,
    pub until: Timestamp,
}

impl Pause {
    /// Creates a pause. It never lasts longer than the longest one allowed, whatever `until` says.
    pub fn new(by: String, at: Timestamp, until: Timestamp) -> Self {
        Self { by, at, until: until.min(at.plus_millis(LONGEST_MINUTES * MINUTE_MS)) }
    }

    /// Returns whether the pause is over by the time of day.
    ///
    /// If the clock was set back behind its beginning, nobody knows how long it has lasted, and it is over too.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.until || self.at.millis_since(now) > CLOCK_TOLERANCE_MS
    }
}

/// How long a pause is to last, in minutes: 1 to 240.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PauseLength(i64);

impl PauseLength {
    /// The longest text of the form's value.
    pub const LONGEST: usize = 3;

    /// Parses the form's value.
    ///
    /// # Errors
    /// If it isn't a whole number of minutes from 1 to 240.
    pub fn parse(text: &str) -> Result<Self, FormMistake> {
        match text.trim().parse() {
            Ok(minutes) if (1..=LONGEST_MINUTES).contains(&minutes) => Ok(Self(minutes)),
            _ => Err(FormMistake::PauseInvalid),
        }
    }

    /// Returns the pause of this length that someone begins at a time.
    pub fn begun(self, by: String, at: Timestamp) -> Pause {
        Pause::new(by, at, at.plus_millis(self.0 * MINUTE_MS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::HOUR_MS;

    const NOON: Timestamp = Timestamp::from_millis(1_780_000_000_000);

    #[test]
    fn a_pause_is_over_at_its_end_and_when_it_has_not_begun() {
        let pause = PauseLength::parse(" 30 ").unwrap().begun("mira".to_owned(), NOON);
        assert_eq!(pause.until.millis_since(NOON), 30 * MINUTE_MS);
        for (minutes, is_over) in [(0, false), (29, false), (30, true), (300, true), (-1, false), (-2, true)] {
            assert_eq!(pause.is_over(NOON.plus_millis(minutes * MINUTE_MS)), is_over, "after {minutes} min");
        }
    }

    #[test]
    fn no_pause_lasts_longer_than_four_hours() {
        for until in [NOON.plus_millis(5 * HOUR_MS), Timestamp::from_millis(i64::MAX)] {
            assert_eq!(Pause::new("mira".to_owned(), NOON, until).until.millis_since(NOON), 4 * HOUR_MS);
        }
        let last = Timestamp::from_millis(i64::MAX);
        assert!(Pause::new("mira".to_owned(), last, last).is_over(NOON));
        for text in ["", "0", "241", "-1", "1.5", "x", "9223372036854775808"] {
            assert_eq!(PauseLength::parse(text), Err(FormMistake::PauseInvalid), "{text}");
        }
        for offered in OFFERED_PAUSES.into_iter().chain([USUAL_PAUSE]) {
            assert!(PauseLength::parse(&offered.to_string()).is_ok(), "{offered}");
        }
    }
}
