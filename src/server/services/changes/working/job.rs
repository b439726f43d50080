//! Changes that tasks of this process are working on.

use std::{collections::HashSet, sync::Arc};

use parking_lot::Mutex;
use tracing::Span;

use super::timeline::Timeline;
use crate::{
    model::change::{Change, End, Ending, Step},
    server::services::changes::trace,
};

/// The changes that tasks of this process are working on. No other task may resume them.
#[derive(Debug, Clone, Default)]
pub struct InFlight(Arc<Mutex<HashSet<String>>>);

impl InFlight {
    /// Marks a change as in flight until the guard is dropped.
    pub fn take(&self, id: &str) -> InFlightGuard {
        self.0.lock().insert(id.to_owned());
        InFlightGuard { in_flight: self.clone(), id: id.to_owned() }
    }

    pub fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }

    pub fn has(&self, id: &str) -> bool {
        self.0.lock().contains(id)
    }
}

/// Keeps its change in flight as long as it lives.
#[derive(Debug)]
pub struct InFlightGuard {
    in_flight: InFlight,
    id: String,
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.in_flight.0.lock().remove(&self.id);
    }
}

/// A change that a task is working on, leased to this instance, with its own timeline.
#[derive(Debug)]
pub struct Job {
    pub change: Change,
    pub fence: i64,
    pub timeline: Timeline,
    _guard: InFlightGuard,
}

impl Job {
    /// Creates the job of a newly recorded change, or of one taken over.
    pub const fn new(change: Change, fence: i64, timeline: Timeline, guard: InFlightGuard) -> Self {
        Self { change, fence, timeline, _guard: guard }
    }

    /// Returns the span of the work on the change, which names the change in each log line.
    pub fn span(&self) -> Span {
        trace::log_span(&self.change.id)
    }

    /// Returns the step that ends the change now.
    pub fn end(&self, how: End) -> Step {
        Step::Ended(Ending { at: self.timeline.now(), how })
    }
}
