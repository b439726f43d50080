//! Applies steps to a change.

use super::{Acceptance, Cancelled, Change, End, Ending, OutcomeUnknown, Step, refusal::Refusal};
use crate::model::{access::audit_action::AuditAction, stream::encryption::KeyId, time::Timestamp};

impl Change {
    /// Applies one step. A step that would take evidence back is ignored: a lit rung stays lit.
    pub fn apply(&mut self, step: Step) {
        let Self { intent, evidence, tallies, .. } = self;
        match step {
            Step::Sent { at, key, sent_as } if evidence.sent_at.is_none() => {
                evidence.sent_at = Some(at);
                evidence.sent_as = sent_as;
                intent.key = Some(key);
            }
            Step::Sent { .. } => {}
            Step::MaybeSent { at, why } if evidence.sent_at.is_none() => {
                evidence.sent_at = Some(at);
                evidence.is_sent_in_doubt = true;
                set_once(&mut evidence.outcome_unknown, OutcomeUnknown { since: at, why });
            }
            Step::MaybeSent { .. } => {}
            Step::Accepted { at, request_id } => {
                set_once(&mut evidence.accepted, Acceptance { at, request_id });
                // Another instance may have recorded the answer as lost.
                evidence.outcome_unknown = None;
            }
            Step::LostTrack { .. } if evidence.accepted.is_some() => {}
            Step::LostTrack { at, why } => set_once(&mut evidence.outcome_unknown, OutcomeUnknown { since: at, why }),
            Step::Read(read) => evidence.last_read = Some(read),
            Step::SeenUpdating { at } => {
                tallies.count_updating(at);
                set_once(&mut evidence.updating_at, at);
            }
            Step::SeenOldState { at } => tallies.count_old_state(at),
            Step::SeenContrary { at } => tallies.count_contrary(at),
            Step::SeenMissing { at } => tallies.count_missing(at),
            Step::SeriesBroken => tallies.start_over(),
            Step::SeenUnclear { at } => tallies.count_unclear(at),
            Step::SeenNothing { at } => tallies.count_failed(at),
            Step::Resolved(resolved) => set_once(&mut intent.resolved, resolved),
            Step::Explained(refusal) => self.explain(refusal),
            Step::Reached { at, key } => self.reach(at, key),
            Step::Steady { since } => {
                evidence.steady_since = since;
                if since.is_some() {
                    tallies.start_over();
                }
            }
            Step::Slow(slow) => set_once(&mut evidence.slow, slow),
            Step::Reverted(reverted) => set_once(&mut evidence.reverted, reverted),
            Step::ProofByWrite(request) => evidence.proof.get_or_insert_default().write = Some(request),
            Step::ProofByRead(request) => evidence.proof.get_or_insert_default().read = Some(request),
            Step::ProofReported(report) => evidence.proof.get_or_insert_default().reports.push(report),
            Step::Cancelled { at, by } if self.is_waiting() => {
                self.evidence.cancelled = Some(Cancelled { at, by });
                self.end = Some(Ending { at, how: End::Expired });
            }
            // A sent change can't be cancelled.
            Step::Cancelled { .. } => {}
            Step::Ended(ending) => self.end_with(ending),
        }
    }

    /// Restores what a failover of the database lost, from `known`: the same change as the process that works on it
    /// remembers it. Returns the audited steps among that.
    ///
    /// `is_held` tells whether that process still is the one that works on it. Otherwise a successor may have found
    /// more, and only what can't be found again is restored: that it was sent, and AWS's answer.
    pub fn put_back(&mut self, known: &Self, is_held: bool) -> Vec<AuditAction> {
        let is_older = is_held && self.is_active() && self.rev < known.rev;
        let (evidence, memory) = (&mut self.evidence, &known.evidence);
        let mut lost = Vec::new();
        if evidence.known_sent_at().is_none() && memory.known_sent_at().is_some() {
            evidence.sent_at = memory.sent_at;
            evidence.is_sent_in_doubt = false;
            evidence.sent_as.clone_from(&memory.sent_as);
            self.intent.key.clone_from(&known.intent.key);
            lost.push(AuditAction::ChangeSent);
        } else if evidence.sent_at.is_none() && memory.sent_at.is_some() {
            evidence.sent_at = memory.sent_at;
            evidence.is_sent_in_doubt = true;
        }
        if evidence.accepted.is_none() && memory.accepted.is_some() {
            evidence.accepted.clone_from(&memory.accepted);
            evidence.outcome_unknown = None;
            lost.push(AuditAction::ChangeAccepted);
        }
        if !is_older {
            return lost;
        }
        if evidence.accepted.is_none() && evidence.outcome_unknown.is_none() && memory.outcome_unknown.is_some() {
            evidence.outcome_unknown.clone_from(&memory.outcome_unknown);
            lost.push(AuditAction::ChangeOutcomeUnknown);
        }
        if evidence.updating_at.is_none() && memory.updating_at.is_some() {
            evidence.updating_at = memory.updating_at;
            lost.push(AuditAction::ChangeUpdating);
        }
        if evidence.slow.is_none() && memory.slow.is_some() {
            evidence.slow.clone_from(&memory.slow);
            lost.push(AuditAction::ChangeSlow);
        }
        if evidence.reached_at.is_none() && memory.reached_at.is_some() {
            evidence.reached_at = memory.reached_at;
            evidence.reached_key.clone_from(&memory.reached_key);
            lost.push(AuditAction::ChangeReached);
        }
        evidence.steady_since = memory.steady_since;
        evidence.last_read.clone_from(&memory.last_read);
        self.intent.resolved.clone_from(&known.intent.resolved);
        self.tallies.clone_from(&known.tallies);
        lost
    }

    fn reach(&mut self, at: Timestamp, key: Option<KeyId>) {
        self.tallies.start_over();
        if self.evidence.reached_at.is_none() {
            self.evidence.reached_key = key;
        }
        set_once(&mut self.evidence.reached_at, at);
        self.evidence.steady_since = Some(at);
    }

    fn explain(&mut self, refusal: Refusal) {
        if let Some(Ending { how: End::Rejected(known), .. }) = &mut self.end {
            *known = refusal;
        }
    }

    fn end_with(&mut self, ending: Ending) {
        if ending.how == End::Settled && self.end.is_none() {
            set_once(&mut self.evidence.settled_at, ending.at);
        }
        match (&self.end, ending.how) {
            // AWS's answer arrived after another instance ended the change. It still counts.
            (Some(_), End::Rejected(refusal)) => set_once(&mut self.evidence.late_refusal, refusal),
            (Some(_), _) => {}
            (None, how) => self.end = Some(Ending { at: ending.at, how }),
        }
    }
}

fn set_once<T>(slot: &mut Option<T>, value: T) {
    if slot.is_none() {
        *slot = Some(value);
    }
}
