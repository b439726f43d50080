//! The state of a change, in one value.

use serde::{Deserialize, Serialize};

use super::{Change, EndKind, Rung};

/// The state of a change: its progress, what needs attention, or how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeState {
    /// Waiting for its stream to be ACTIVE.
    Waiting,
    /// Progressing as expected; the last rung with evidence.
    On(Rung),
    OutcomeUnknown,
    Slow,
    Ended(EndKind),
    /// Settled, but contradicted by a later read.
    Reverted,
}

impl From<&Change> for ChangeState {
    fn from(change: &Change) -> Self {
        let is_slow = change.evidence.slow.is_some() && change.evidence.reached_at.is_none() || change.can_be_closed();
        match &change.end {
            Some(_) if change.evidence.reverted.is_some() => Self::Reverted,
            Some(ending) => Self::Ended(EndKind::from(&ending.how)),
            None if change.is_waiting() => Self::Waiting,
            None if change.is_unknown() => Self::OutcomeUnknown,
            None if is_slow => Self::Slow,
            None => Self::On(change.last_lit()),
        }
    }
}
