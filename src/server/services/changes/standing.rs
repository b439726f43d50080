//! Where a change stood before it moved, to tell what is new.

use crate::model::{
    change::{Change, End, Ending, Rung, RungState, refusal::Refusal},
    time::Timestamp,
};

/// The error of a call whose answer was lost.
pub const OUTCOME_UNKNOWN: &str = "outcome_unknown";

/// Where a change stood before it moved: only what is new is counted and traced.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    lit: [bool; Rung::ALL.len()],
    is_active: bool,
    is_answered: bool,
    is_reverted: bool,
}

/// What became of a change's call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<'a> {
    pub at: Timestamp,
    pub aws_request_id: Option<&'a str>,
    /// AWS's error code, or [`OUTCOME_UNKNOWN`]; `None` if AWS accepted the call.
    pub error: Option<&'a str>,
}

impl Standing {
    /// Before a change was recorded.
    pub const UNRECORDED: Self =
        Self { lit: [false; Rung::ALL.len()], is_active: true, is_answered: false, is_reverted: false };

    pub fn of(change: &Change) -> Self {
        Self {
            lit: Rung::ALL.map(|rung| lit_at(change, rung).is_some()),
            is_active: change.is_active(),
            is_answered: answer(change).is_some(),
            is_reverted: change.evidence.reverted.is_some(),
        }
    }

    /// Returns the rungs that a change has reached since, and when.
    pub fn reached(self, change: &Change) -> Vec<(Rung, Timestamp)> {
        let since = Rung::ALL.into_iter().zip(self.lit).filter(|(_, was_lit)| !was_lit);
        since.filter_map(|(rung, _)| Some((rung, lit_at(change, rung)?))).collect()
    }

    /// Returns what has become of a change's call since.
    pub fn answered(self, change: &Change) -> Option<Answer<'_>> {
        answer(change).filter(|_| !self.is_answered)
    }

    /// Returns how a change has ended since.
    pub fn ended(self, change: &Change) -> Option<&Ending> {
        change.end.as_ref().filter(|_| self.is_active)
    }

    /// Returns whether a change has been reverted since.
    pub const fn is_reverted_now(self, change: &Change) -> bool {
        change.evidence.reverted.is_some() && !self.is_reverted
    }
}

/// Returns when the evidence for a rung came, if it has.
pub fn lit_at(change: &Change, rung: Rung) -> Option<Timestamp> {
    match change.rung(rung) {
        RungState::Lit(at) => Some(at),
        RungState::NotYet | RungState::NotObserved => None,
    }
}

/// Returns what became of a change's call. A call that never left has none.
fn answer(change: &Change) -> Option<Answer<'_>> {
    change.evidence.sent_at?;
    if let Some(accepted) = &change.evidence.accepted {
        return Some(Answer { at: accepted.at, aws_request_id: accepted.request_id.as_deref(), error: None });
    }
    if let Some(unknown) = change.evidence.outcome_unknown.as_ref().filter(|_| !change.evidence.is_sent_in_doubt) {
        return Some(Answer { at: unknown.since, aws_request_id: None, error: Some(OUTCOME_UNKNOWN) });
    }
    match &change.end {
        Some(Ending { at, how: End::Rejected(Refusal { aws: Some(aws), .. }) }) => {
            Some(Answer { at: *at, aws_request_id: aws.request_id.as_deref(), error: Some(&aws.code) })
        }
        _ => None,
    }
}

/// Returns a word of pages as a label: "Not applied" is `not_applied`.
pub fn label(word: &str) -> String {
    word.to_lowercase().replace(' ', "_")
}
