//! The rate of calls to one operation: evenly spaced, halved after a throttle, then slowly restored.
//!
//! There are no bursts, because AWS documents none. Timers fire a little late, so a turn is taken a little after its
//! time: those after it keep theirs, or the rate would never be reached.

use std::time::Duration;

/// The lowest fraction of the full rate that throttles can lead to.
const SLOWEST: f64 = 1.0 / 16.0;
/// Calls in flight when AWS throttles are throttled too. They count as one.
const ONE_THROTTLE: Duration = Duration::from_secs(1);
/// Each period of this length without a throttle restores a twentieth of the full rate.
const STEP_EVERY: Duration = Duration::from_secs(10);
const STEP: f64 = 0.05;
/// How late a turn may be taken without delaying those after it, but never by more than half the distance between two.
const LATE: Duration = Duration::from_millis(20);

/// The turns of one operation. Times count from any fixed point and never go back.
#[derive(Debug, Clone)]
pub struct Pace {
    /// Turns per second without throttling.
    full: f64,
    /// The fraction currently used.
    part: f64,
    next_at: Duration,
    throttled_at: Option<Duration>,
    restored_at: Duration,
}

impl Pace {
    /// Creates a pace of this many turns per second, and at least one in a thousand seconds.
    pub const fn new(per_second: f64) -> Self {
        let full = if per_second > 0.001 { per_second } else { 0.001 };
        Self { full, part: 1.0, next_at: Duration::ZERO, throttled_at: None, restored_at: Duration::ZERO }
    }

    /// Sets the turns per second without throttling, from the next turn on.
    pub const fn set_full(&mut self, per_second: f64) {
        self.full = Self::new(per_second).full;
    }

    /// Returns the time of the next turn, which is never before `now`, without taking it.
    pub fn ready_at(&mut self, now: Duration) -> Duration {
        self.restore(now);
        self.next_at.max(now)
    }

    /// Counts a turn that was taken at `now`, even before its time. The next one is later by that, but at most `most`
    /// from now.
    pub fn owe(&mut self, now: Duration, most: Duration) {
        self.restore(now);
        let next_at = self.due_at(now) + self.distance();
        self.next_at = next_at.min(now + most.max(self.distance()));
    }

    /// Takes the next turn. Returns its time, which is never before `now`.
    pub fn take(&mut self, now: Duration) -> Duration {
        let turn = self.ready_at(now);
        self.next_at = self.due_at(now) + self.distance();
        turn
    }

    /// Slows down after a throttled call.
    pub fn throttled(&mut self, now: Duration) {
        self.restore(now);
        if self.throttled_at.is_some_and(|at| now < at + ONE_THROTTLE) {
            return;
        }
        self.part = (self.part / 2.0).max(SLOWEST);
        (self.throttled_at, self.restored_at) = (Some(now), now);
        self.next_at = self.next_at.max(now + self.distance());
    }

    /// Returns the percentage of the full rate in use.
    pub fn percent(&mut self, now: Duration) -> u8 {
        self.restore(now);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 6 and 100")]
        let percent = (self.part * 100.0).round() as u8;
        percent
    }

    /// Returns the turns per second without throttling.
    pub const fn full(&self) -> f64 {
        self.full
    }

    /// Returns when the turn was due that is taken at `now`: then, unless nobody was there to take it.
    fn due_at(&self, now: Duration) -> Duration {
        let is_late = now > self.next_at + LATE.min(self.distance() / 2);
        if is_late { now } else { self.next_at }
    }

    fn distance(&self) -> Duration {
        Duration::from_secs_f64(1.0 / (self.full * self.part))
    }

    fn restore(&mut self, now: Duration) {
        while self.part < 1.0 && now >= self.restored_at + STEP_EVERY {
            self.part = (self.part + STEP).min(1.0);
            self.restored_at += STEP_EVERY;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_throttle_halves_and_time_restores() {
        let mut pace = Pace::new(5.0);
        assert_eq!(pace.take(SECOND), SECOND);
        assert_eq!(pace.take(SECOND), SECOND + Duration::from_millis(200));
        pace.throttled(2 * SECOND);
        pace.throttled(2 * SECOND + Duration::from_millis(900));
        assert_eq!(pace.percent(3 * SECOND), 50, "what was in flight counts once");
        pace.throttled(4 * SECOND);
        assert_eq!(pace.percent(4 * SECOND), 25);
        assert_eq!(pace.percent(14 * SECOND), 30);
        assert_eq!(pace.percent(153 * SECOND), 95);
        assert_eq!(pace.percent(154 * SECOND), 100);
        for second in 200..300 {
            pace.throttled(second * SECOND);
        }
        assert!((6..=7).contains(&pace.percent(299 * SECOND)), "a sixteenth is the slowest");
    }

    #[test]
    fn a_turn_that_is_taken_late_delays_none_after_it() {
        let mut pace = Pace::new(50.0);
        let mut now = SECOND;
        for _ in 0..100 {
            now = pace.ready_at(now) + Duration::from_millis(2);
            pace.owe(now, SECOND);
        }
        assert_eq!(now, SECOND + Duration::from_millis(2 + 99 * 20 + 2));
    }

    #[test]
    fn turns_that_nobody_took_are_lost() {
        let mut pace = Pace::new(5.0);
        pace.take(SECOND);
        assert_eq!(pace.take(60 * SECOND), 60 * SECOND);
        assert_eq!(pace.ready_at(60 * SECOND), 60 * SECOND + Duration::from_millis(200));
    }

    proptest! {
        #[test]
        fn no_second_has_more_turns_than_the_rate_and_one(
            per_second in 0.1f64..40.0,
            steps in proptest::collection::vec((0u64..400, prop::bool::weighted(0.05)), 1..200),
        ) {
            let mut pace = Pace::new(per_second);
            let mut now = Duration::ZERO;
            let mut turns: Vec<Duration> = Vec::new();
            for (passed, is_throttled) in steps {
                now += Duration::from_millis(passed);
                if is_throttled {
                    pace.throttled(now);
                }
                let turn = pace.take(now);
                prop_assert!(turn >= now);
                prop_assert!(turns.last().is_none_or(|last| turn > *last), "turns are apart");
                turns.push(turn);
                let in_a_second = turns.iter().filter(|at| **at + SECOND > turn).count();
                #[expect(clippy::cast_precision_loss, reason = "at most 200")]
                let in_a_second = in_a_second as f64;
                prop_assert!(in_a_second <= per_second.ceil() + 1.0, "{in_a_second} turns at {per_second} a second");
            }
        }
    }
}
