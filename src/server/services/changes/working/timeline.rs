//! The timeline of one change.
//!
//! Evidence is compared by time, and a machine's clock may be set during a change. So time starts at the database's
//! clock, which all instances share, or at the change's last evidence if that is later, and never goes back.

use std::{sync::Arc, time::Duration};

use crate::{
    model::{change::Change, time::Timestamp},
    server::adapters::clock::Clock,
};

/// A time that never goes back and never jumps.
#[derive(Debug, Clone)]
pub struct Timeline {
    clock: Arc<dyn Clock>,
    start: Timestamp,
    steady_at_start: Duration,
    wall_at_start: Timestamp,
}

impl Timeline {
    /// Starts at `now`, or at the change's last evidence if that is later.
    pub fn begin(clock: &Arc<dyn Clock>, now: Timestamp, change: Option<&Change>) -> Self {
        let start = change.map_or(now, |change| change.latest_evidence().max(now));
        Self { clock: clock.clone(), start, steady_at_start: clock.steady(), wall_at_start: clock.now() }
    }

    /// Returns the current time.
    pub fn now(&self) -> Timestamp {
        self.start.plus_millis(self.steady_ms())
    }

    /// Returns whether a deadline has passed, by the steady clock or by the time of day: the steady clock may stop
    /// while a machine sleeps.
    pub fn is_past(&self, deadline: Timestamp) -> bool {
        let by_wall = self.clock.now().millis_since(self.wall_at_start);
        self.start.plus_millis(self.steady_ms().max(by_wall)) > deadline
    }

    fn steady_ms(&self) -> i64 {
        let passed = self.clock.steady().saturating_sub(self.steady_at_start);
        i64::try_from(passed.as_millis()).unwrap_or(i64::MAX)
    }
}
