//! Writes steps into a change.

use super::{Acceptance, Cancelled, Change, End, Ending, OutcomeUnknown, Step, Tally};

impl Change {
    /// Writes one step into the change. Steps that would take evidence back are not applied: a rung once lit stays lit.
    pub fn apply(&mut self, step: Step) {
        match step {
            Step::Sent { at, key, sent_as } if self.sent_at.is_none() => {
                self.sent_at = Some(at);
                self.key = Some(key);
                self.sent_as = sent_as;
            }
            Step::Sent { .. } => {}
            Step::Accepted { at, request_id } => {
                set_once(&mut self.accepted, Acceptance { at, request_id });
                // Another instance may have given it up for lost.
                self.outcome_unknown = None;
            }
            Step::LostTrack { .. } if self.accepted.is_some() => {}
            Step::LostTrack { at, why } => set_once(&mut self.outcome_unknown, OutcomeUnknown { since: at, why }),
            Step::Read(read) => self.last_read = Some(read),
            Step::SeenUpdating { at } => {
                let since = self.updating_since.or(Some(at));
                self.begin_counting_anew();
                self.updating_since = since;
                set_once(&mut self.updating_at, at);
            }
            Step::SeenOldState { at } => {
                let old_state = self.old_state.with(at);
                self.begin_counting_anew();
                self.old_state = old_state;
            }
            Step::SeenContrary { at } => {
                let contrary = self.contrary.with(at);
                self.begin_counting_anew();
                self.contrary = contrary;
            }
            Step::SeenMissing { at } => {
                let missing = self.missing.with(at);
                self.begin_counting_anew();
                self.missing = missing;
            }
            Step::SeriesBroken => self.begin_counting_anew(),
            Step::SeenUnclear { at } => {
                let since = self.unjudged_since.or(Some(at));
                self.begin_counting_anew();
                self.unjudged_since = since;
            }
            // A failed read breaks no series.
            Step::SeenNothing { at } => set_once(&mut self.unjudged_since, at),
            Step::Resolved(resolved) => set_once(&mut self.resolved, resolved),
            Step::Explained(refusal) => {
                if let Some(Ending { how: End::Rejected(known), .. }) = &mut self.end {
                    *known = refusal;
                }
            }
            Step::Reached { at, key } => {
                self.begin_counting_anew();
                if self.reached_at.is_none() {
                    self.reached_key = key;
                }
                set_once(&mut self.reached_at, at);
                self.steady_since = Some(at);
            }
            Step::Steady { since } => {
                self.steady_since = since;
                if since.is_some() {
                    self.begin_counting_anew();
                }
            }
            Step::Slow(slow) => set_once(&mut self.slow, slow),
            Step::Reverted(reverted) => set_once(&mut self.reverted, reverted),
            Step::ProofByWrite(asked) => self.proof.get_or_insert_default().write = Some(asked),
            Step::ProofByRead(asked) => self.proof.get_or_insert_default().read = Some(asked),
            Step::ProofReported(report) => self.proof.get_or_insert_default().reports.push(report),
            Step::Cancelled { at, by } if self.is_waiting() => {
                self.cancelled = Some(Cancelled { at, by });
                self.end = Some(Ending { at, how: End::Expired });
            }
            // What was sent cannot be cancelled.
            Step::Cancelled { .. } => {}
            Step::Ended(ending) => self.end_with(ending),
        }
    }

    fn end_with(&mut self, ending: Ending) {
        if ending.how == End::Settled && self.end.is_none() {
            set_once(&mut self.settled_at, ending.at);
        }
        match (&self.end, ending.how) {
            // AWS's answer came after another instance had ended the change: it counts all the same.
            (Some(_), End::Rejected(refusal)) => set_once(&mut self.late_refusal, refusal),
            (Some(_), _) => {}
            (None, how) => self.end = Some(Ending { at: ending.at, how }),
        }
    }

    /// Starts every series of reads over.
    fn begin_counting_anew(&mut self) {
        self.old_state = Tally::default();
        self.contrary = Tally::default();
        self.missing = Tally::default();
        self.unjudged_since = None;
        self.updating_since = None;
    }
}

fn set_once<T>(slot: &mut Option<T>, value: T) {
    if slot.is_none() {
        *slot = Some(value);
    }
}
