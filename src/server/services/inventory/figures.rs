//! Numbers about the inventory, for metrics.

use std::time::Duration;

use super::{Inventory, unwritten::Backlog};
use crate::model::{
    change::ChangeState,
    inventory::{ChangeMarks, TargetHealth},
    time::Timestamp,
};

/// Numbers about the inventory.
#[derive(Debug)]
pub struct InventoryFigures {
    /// In the order of the targets.
    pub targets: Vec<TargetFigures>,
    pub active_changes: ActiveChanges,
    pub backlog: Backlog,
}

/// Numbers about one target.
#[derive(Debug)]
pub struct TargetFigures {
    pub id: String,
    pub streams: usize,
    /// Streams that were never read.
    pub unread: usize,
    /// The age of the oldest row that was read.
    pub oldest_read_age: Duration,
    /// The age at which rows count as stale.
    pub stale_after: Duration,
    pub is_behind: bool,
    pub is_paused: bool,
    /// This instance makes its background reads.
    pub is_read_here: bool,
}

/// How many changes are active, by state.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ActiveChanges {
    pub waiting: u32,
    pub progressing: u32,
    pub outcome_unknown: u32,
    pub slow: u32,
}

impl ActiveChanges {
    fn of<'a>(marks: impl Iterator<Item = &'a ChangeMarks>) -> Self {
        let mut counts = Self::default();
        for marks in marks {
            let count = match marks.state {
                ChangeState::Waiting => &mut counts.waiting,
                ChangeState::OutcomeUnknown => &mut counts.outcome_unknown,
                ChangeState::Slow => &mut counts.slow,
                ChangeState::On(_) | ChangeState::Ended(_) | ChangeState::Reverted => &mut counts.progressing,
            };
            *count += 1;
        }
        counts
    }
}

impl TargetFigures {
    fn of(health: &TargetHealth, is_read_here: bool) -> Self {
        Self {
            is_read_here,
            id: health.id.clone(),
            streams: 0,
            unread: 0,
            oldest_read_age: Duration::ZERO,
            stale_after: millis(health.stale_after_ms),
            is_behind: health.problem.is_some(),
            is_paused: health.pause.is_some(),
        }
    }

    fn add(&mut self, read_at: Option<Timestamp>, now: Timestamp) {
        self.streams += 1;
        match read_at {
            Some(at) => self.oldest_read_age = self.oldest_read_age.max(millis(now.millis_since(at))),
            None => self.unread += 1,
        }
    }
}

impl Inventory {
    /// Returns numbers about the inventory as it is now. Looks at every row.
    pub fn figures(&self) -> InventoryFigures {
        let now = self.clock.now();
        let memory = self.read();
        let health = memory.health.iter().enumerate();
        let mut targets: Vec<TargetFigures> =
            health.map(|(index, health)| TargetFigures::of(health, self.leases.has(index))).collect();
        for known in memory.streams.values().filter(|known| known.stored.gone_at.is_none()) {
            if let Some(figures) = known.target.and_then(|target| targets.get_mut(target)) {
                figures.add(known.stored.report.as_ref().map(|report| report.read_at), now);
            }
        }
        let active_changes = ActiveChanges::of(memory.active_changes.values());
        InventoryFigures { targets, active_changes, backlog: self.unwritten.backlog() }
    }
}

fn millis(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}
