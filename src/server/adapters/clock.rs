//! The seam for time. Everything that dates evidence asks a [`Clock`]; tests hand in their own.

use std::{fmt::Debug, pin::Pin, sync::Arc, time::Duration};

use rustix::time::{ClockId, clock_gettime};
use tokio::time::{Interval, Timeout};

use crate::model::time::Timestamp;

/// A source of the time of day.
pub trait Clock: Debug + Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Time since some fixed moment. It advances evenly whatever the time of day is set to and, where the system has
    /// such a clock, also while the machine sleeps.
    fn steady(&self) -> Duration;

    /// Now, by both of the machine's clocks.
    fn moment(&self) -> Moment {
        Moment { wall: self.now(), steady: self.steady() }
    }

    /// Waits until this much time has passed.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// One moment, by the time of day and by the steady clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub wall: Timestamp,
    pub steady: Duration,
}

impl Moment {
    /// How long ago this was: the longer of what the two clocks say. The steady clock may stop while a machine sleeps,
    /// and the time of day can be set, so a difference in either direction counts.
    pub fn age(self, now: Self) -> Duration {
        let by_wall = Duration::from_millis(now.wall.millis_since(self.wall).unsigned_abs());
        now.steady.saturating_sub(self.steady).max(by_wall)
    }
}

/// The oldest read on which a change may be sent (design, section 5, rule 14).
const DECIDES_FOR: Duration = Duration::from_secs(5);

/// The time for which a read of a stream allows a change of it to be sent.
#[derive(Debug, Clone)]
pub struct Freshness {
    clock: Arc<dyn Clock>,
    read_at: Moment,
}

impl Freshness {
    /// Starts before the read is requested.
    pub fn begin(clock: &Arc<dyn Clock>) -> Self {
        Self { clock: clock.clone(), read_at: clock.moment() }
    }

    /// Whether the read is now too old to send anything on it.
    pub fn is_over(&self) -> bool {
        self.is_older_than(DECIDES_FOR)
    }

    /// Whether the read is now older than this.
    pub fn is_older_than(&self, age: Duration) -> bool {
        self.age() > age
    }

    /// How long ago the read was requested.
    pub fn age(&self) -> Duration {
        self.read_at.age(self.clock.moment())
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the seam")]
    fn now(&self) -> Timestamp {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the seam")]
    fn steady(&self) -> Duration {
        Duration::try_from(clock_gettime(STEADY)).unwrap_or_default()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(sleep(duration))
    }
}

/// Advances while the machine sleeps, unlike `Instant`, so that what was read before is as old as it is.
#[cfg(target_os = "linux")]
const STEADY: ClockId = ClockId::Boottime;
#[cfg(not(target_os = "linux"))]
const STEADY: ClockId = ClockId::Monotonic;

/// The processor time that this process has used.
#[expect(clippy::disallowed_methods, reason = "this is the seam")]
pub fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

/// Waits by the machine's clock: between two attempts at something external, which an injected clock doesn't affect.
#[expect(clippy::disallowed_methods, reason = "this is the seam")]
pub async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// Waits for a future, at most this long by the machine's clock.
#[expect(clippy::disallowed_methods, reason = "this is the seam")]
pub fn timeout<F: Future>(limit: Duration, future: F) -> Timeout<F> {
    tokio::time::timeout(limit, future)
}

/// Ticks by the machine's clock: at once, then at this interval.
#[expect(clippy::disallowed_methods, reason = "this is the seam")]
pub fn ticks(every: Duration) -> Interval {
    tokio::time::interval(every)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_steady_clock_goes_on() {
        let begun = SystemClock.steady();
        sleep(Duration::from_millis(20)).await;
        let passed = SystemClock.steady().saturating_sub(begun);
        assert!((20..10_000).contains(&passed.as_millis()), "{passed:?}");
    }

    #[test]
    fn the_clock_that_went_further_says_how_long_ago_it_was() {
        let at = |wall, steady| Moment { wall: Timestamp::from_millis(wall), steady: Duration::from_millis(steady) };
        let read = at(100_000, 5_000);
        assert_eq!(read.age(at(101_000, 6_000)), Duration::from_secs(1));
        assert_eq!(read.age(at(3_700_000, 5_001)), Duration::from_secs(3_600), "the machine slept");
        assert_eq!(read.age(at(40_000, 5_001)), Duration::from_secs(60), "the clock was set back");
        assert_eq!(
            read.age(at(100_000, 15_000)),
            Duration::from_secs(10),
            "the process was stopped, and the clock set back"
        );
    }
}
