//! Days in UTC, as filters by time take them.

use time::{Date, Month};

use crate::model::time::{DAY_MS, SECOND_MS, Timestamp};

/// A day in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(Date);

impl Day {
    /// Parses `2026-11-24`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let is_plain = [year, month, day].into_iter().all(|part| part.bytes().all(|b| b.is_ascii_digit()));
        if !is_plain || (year.len(), month.len(), day.len()) != (4, 2, 2) {
            return None;
        }
        let month: u8 = month.parse().ok()?;
        Date::from_calendar_date(year.parse().ok()?, Month::try_from(month).ok()?, day.parse().ok()?).ok().map(Self)
    }

    /// Returns the moment this day begins.
    pub fn begin(self) -> Timestamp {
        Timestamp::from_millis(self.0.midnight().assume_utc().unix_timestamp().saturating_mul(SECOND_MS))
    }

    /// Returns the moment the next day begins.
    pub fn end(self) -> Timestamp {
        self.begin().plus_millis(DAY_MS)
    }

    /// Formats the day as `2026-11-24`.
    pub fn text(self) -> String {
        format!("{:04}-{:02}-{:02}", self.0.year(), u8::from(self.0.month()), self.0.day())
    }
}
