//! The clock of the application under test.

use std::{
    pin::Pin,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use parking_lot::Mutex;

use crate::{
    model::time::Timestamp,
    server::adapters::clock::{Clock, Moment, SystemClock},
};

/// The machine's clock, moved by as much as a test wants.
#[derive(Debug)]
pub struct MovedClock {
    passed: AtomicI64,
    /// When time was let pass, by the machine's clock, and how much.
    leaps: Mutex<Vec<(i64, i64)>>,
    set_by: AtomicI64,
    /// How many times faster than the machine's it goes.
    pace: u32,
    start: Timestamp,
}

impl Default for MovedClock {
    fn default() -> Self {
        Self::at_pace(1)
    }
}

impl MovedClock {
    /// A clock that goes faster.
    pub fn at_pace(pace: u32) -> Self {
        Self {
            passed: AtomicI64::new(0),
            leaps: Mutex::default(),
            set_by: AtomicI64::new(0),
            pace,
            start: SystemClock.now(),
        }
    }

    /// Lets time pass.
    pub fn advance(&self, millis: i64) {
        self.leaps.lock().push((Self::machine_ms(), millis));
        self.passed.fetch_add(millis, Ordering::SeqCst);
    }

    /// The time of the machine's clock, in milliseconds since 1970.
    pub fn machine_ms() -> i64 {
        SystemClock.now().as_millis()
    }

    /// What this clock showed when the machine's showed so many milliseconds since 1970, but for what it was set by.
    pub fn at(&self, machine_ms: i64) -> i64 {
        let leaps: i64 = self.leaps.lock().iter().filter(|(at, _)| *at <= machine_ms).map(|(_, millis)| millis).sum();
        let start = self.start.as_millis();
        start + (machine_ms - start) * i64::from(self.pace) + leaps
    }

    /// Sets the time of day, forward or back; no time passes.
    pub fn set_by(&self, millis: i64) {
        self.set_by.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        let since_start = SystemClock.now().millis_since(self.start) * i64::from(self.pace);
        self.start
            .plus_millis(since_start)
            .plus_millis(self.passed.load(Ordering::SeqCst))
            .plus_millis(self.set_by.load(Ordering::SeqCst))
    }

    fn steady(&self) -> Duration {
        SystemClock.steady() * self.pace + Duration::from_millis(self.passed.load(Ordering::SeqCst).unsigned_abs())
    }

    /// Without the pace: what must not be older than some seconds is as old as the machine made it.
    fn moment(&self) -> Moment {
        let passed = self.passed.load(Ordering::SeqCst);
        let wall = SystemClock.now().plus_millis(passed).plus_millis(self.set_by.load(Ordering::SeqCst));
        Moment { wall, steady: SystemClock.steady() + Duration::from_millis(passed.unsigned_abs()) }
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        SystemClock.sleep(duration / self.pace)
    }
}
