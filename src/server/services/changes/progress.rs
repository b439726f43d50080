//! Counts and times what changes reach, for metrics.

use std::time::Duration;

use crate::{
    model::{
        change::{Change, Rung, RungState},
        time::Timestamp,
    },
    server::adapters::metrics::families::{
        CHANGE_DURATION, CHANGE_RUNG_DURATION, CHANGES_ENDED, CHANGES_REQUESTED, CHANGES_REVERTED,
    },
};

/// Where a change stood before it moved: only what is new is counted.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    lit: [bool; Rung::ALL.len()],
    is_active: bool,
    is_reverted: bool,
}

impl Standing {
    /// Before a change was recorded.
    pub const UNRECORDED: Self = Self { lit: [false; Rung::ALL.len()], is_active: true, is_reverted: false };

    pub fn of(change: &Change) -> Self {
        Self {
            lit: Rung::ALL.map(|rung| lit_at(change, rung).is_some()),
            is_active: change.is_active(),
            is_reverted: change.evidence.reverted.is_some(),
        }
    }

    /// Counts what the change has reached since. Call this after the journal has committed it.
    pub fn record_progress(self, change: &Change) {
        let action = change.intent.action.slug();
        for (rung, was_lit) in Rung::ALL.into_iter().zip(self.lit) {
            match lit_at(change, rung).filter(|_| !was_lit) {
                None => {}
                Some(_) if rung == Rung::Requested => {
                    metrics::counter!(CHANGES_REQUESTED.name, "action" => action).increment(1);
                }
                Some(at) => {
                    metrics::histogram!(
                        CHANGE_RUNG_DURATION.name, "action" => action, "rung" => label(rung.word())
                    )
                    .record(since_request(change, at));
                }
            }
        }
        if let Some(ending) = change.end.as_ref().filter(|_| self.is_active) {
            let end = label(ending.how.word());
            metrics::counter!(CHANGES_ENDED.name, "action" => action, "end" => end.clone()).increment(1);
            metrics::histogram!(CHANGE_DURATION.name, "action" => action, "end" => end)
                .record(since_request(change, ending.at));
        }
        if change.evidence.reverted.is_some() && !self.is_reverted {
            metrics::counter!(CHANGES_REVERTED.name).increment(1);
        }
    }
}

fn lit_at(change: &Change, rung: Rung) -> Option<Timestamp> {
    match change.rung(rung) {
        RungState::Lit(at) => Some(at),
        RungState::NotYet | RungState::NotObserved => None,
    }
}

fn since_request(change: &Change, at: Timestamp) -> Duration {
    let passed = at.millis_since(change.intent.requested_at);
    Duration::from_millis(u64::try_from(passed).unwrap_or(0))
}

/// Returns a word of pages as a label: "Not applied" is `not_applied`.
fn label(word: &str) -> String {
    word.to_lowercase().replace(' ', "_")
}
