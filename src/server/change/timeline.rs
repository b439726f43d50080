//! The time line of one change. Its evidence is compared by time, and a machine's clock may be set while a change is under
//! way: here time starts at the clock, or at the change's last evidence if that is later, and from there only goes on.

use std::{sync::Arc, time::Duration};

use crate::{
    model::{change::Change, timestamp::Timestamp},
    server::clock::Clock,
};

/// A time that never goes back and never jumps.
#[derive(Debug, Clone)]
pub struct Timeline {
    clock: Arc<dyn Clock>,
    start: Timestamp,
    steady_at_start: Duration,
}

impl Timeline {
    /// Begins now; for a change that has evidence, never before that.
    pub fn begin(clock: &Arc<dyn Clock>, change: Option<&Change>) -> Self {
        let now = clock.now();
        let start = change.map_or(now, |change| change.latest_evidence().max(now));
        Self { clock: clock.clone(), start, steady_at_start: clock.steady() }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        let passed = self.clock.steady().saturating_sub(self.steady_at_start);
        self.start.plus_millis(i64::try_from(passed.as_millis()).unwrap_or(i64::MAX))
    }
}
