//! Points in time, stored and shown everywhere as milliseconds since 1970-01-01 UTC.
//!
//! Reads no clock: callers pass the current time.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::{Month, OffsetDateTime};

/// Milliseconds since 1970-01-01T00:00:00 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
pub struct Timestamp(i64);

/// One second, in the unit of [`Timestamp`].
pub const SECOND_MS: i64 = 1_000;
/// One minute, in the unit of [`Timestamp`].
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// One hour, in the unit of [`Timestamp`].
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// One day, in the unit of [`Timestamp`].
pub const DAY_MS: i64 = 24 * HOUR_MS;

impl Timestamp {
    /// Creates a time from milliseconds since 1970-01-01 UTC.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Returns milliseconds since 1970-01-01 UTC.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Returns this time moved by `millis`, which may be negative. Saturates at the ends of the range.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Returns the milliseconds from `earlier` to this time; negative if `earlier` is later.
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    fn parts(self) -> Option<OffsetDateTime> {
        // To the second. Nanoseconds would bring 128-bit division into the wasm.
        OffsetDateTime::from_unix_timestamp(self.0.div_euclid(SECOND_MS)).ok()
    }

    /// Formats the time as `14:02:11 UTC`.
    pub fn clock_seconds(self) -> String {
        self.parts().map_or_else(unknown_time, |t| format!("{:02}:{:02}:{:02} UTC", t.hour(), t.minute(), t.second()))
    }

    /// Formats the date as `2 Mar 2023`.
    pub fn date(self) -> String {
        self.parts().map_or_else(unknown_time, |t| format!("{} {} {}", t.day(), month_name(t.month()), t.year()))
    }

    /// Formats a date near today, to the minute: `23 Nov 14:03 UTC`.
    pub fn day_and_minute(self) -> String {
        self.parts().map_or_else(unknown_time, |t| {
            format!("{} {} {:02}:{:02} UTC", t.day(), month_name(t.month()), t.hour(), t.minute())
        })
    }

    /// Formats date and time in full, for tables of past events: `23 Nov 2026 14:03:11 UTC`.
    pub fn date_and_clock(self) -> String {
        self.parts().map_or_else(unknown_time, |_| format!("{} {}", self.date(), self.clock_seconds()))
    }

    /// Formats the time as RFC 3339 in UTC with milliseconds, for `<time datetime>` and exports.
    pub fn rfc3339(self) -> String {
        self.parts().map_or_else(unknown_time, |t| {
            format!(
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                t.year(),
                u8::from(t.month()),
                t.day(),
                t.hour(),
                t.minute(),
                t.second(),
                self.0.rem_euclid(SECOND_MS)
            )
        })
    }

    /// Returns how long before `now` this was: `just now`, `4 s ago`, `6 min ago`, `3 h ago`, `2 d ago`. A time after
    /// `now` (clocks differ) is `just now`.
    pub fn age(self, now: Self) -> String {
        match now.millis_since(self) {
            ..SECOND_MS => "just now".to_owned(),
            millis => format!("{} ago", span(millis)),
        }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.rfc3339())
    }
}

/// Formats a duration in its largest whole unit: `4 s`, `6 min`, `3 h`, `2 d`.
pub fn span(millis: i64) -> String {
    match millis.max(0) {
        ..MINUTE_MS => format!("{} s", millis.max(0) / SECOND_MS),
        MINUTE_MS..HOUR_MS => format!("{} min", millis / MINUTE_MS),
        HOUR_MS..DAY_MS => format!("{} h", millis / HOUR_MS),
        DAY_MS.. => format!("{} d", millis / DAY_MS),
    }
}

fn unknown_time() -> String {
    "at an unknown time".to_owned()
}

const fn month_name(month: Month) -> &'static str {
    match month {
        Month::January => "Jan",
        Month::February => "Feb",
        Month::March => "Mar",
        Month::April => "Apr",
        Month::May => "May",
        Month::June => "Jun",
        Month::July => "Jul",
        Month::August => "Aug",
        Month::September => "Sep",
        Month::October => "Oct",
        Month::November => "Nov",
        Month::December => "Dec",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22T14:02:11.250Z.
    const MOMENT: Timestamp = Timestamp::from_millis(1_795_356_131_250);

    #[test]
    fn a_moment_reads_as_people_write_it() {
        assert_eq!(MOMENT.rfc3339(), "2026-11-22T14:02:11.250Z");
        assert_eq!(MOMENT.clock_seconds(), "14:02:11 UTC");
        assert_eq!(MOMENT.date(), "22 Nov 2026");
        assert_eq!(MOMENT.day_and_minute(), "22 Nov 14:02 UTC");
    }

    #[test]
    fn ages_use_the_largest_whole_unit() {
        let ages = [0, 999, 1_000, 59_999, 60_000, 3_599_999, 3_600_000, 86_400_000, -5_000]
            .map(|millis| MOMENT.age(MOMENT.plus_millis(millis)));
        let words = [
            "just now",
            "just now",
            "1 s ago",
            "59 s ago",
            "1 min ago",
            "59 min ago",
            "1 h ago",
            "1 d ago",
            "just now",
        ];
        assert_eq!(ages, words);
    }

    #[test]
    fn the_ends_of_time_do_not_panic() {
        for millis in [i64::MIN, i64::MAX] {
            let end = Timestamp::from_millis(millis);
            for words in [end.rfc3339(), end.date(), end.clock_seconds(), end.day_and_minute(), end.date_and_clock()] {
                assert_eq!(words, "at an unknown time");
            }
            assert!(!end.age(MOMENT).is_empty() && !MOMENT.age(end).is_empty());
        }
    }
}
