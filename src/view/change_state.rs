//! The state of a change: one word and one color, the same wherever the change is shown.

use crate::model::change::{ChangeState, EndKind};

/// The meaning of a color.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    /// Under way as expected: blue.
    #[default]
    Moving,
    /// Needs attention: amber.
    Attention,
    /// Done: green.
    Good,
    /// Failed or undone: red.
    Bad,
    /// Over without effect: gray.
    Quiet,
}

impl Tone {
    /// Returns the class that carries the color in the style sheets.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Moving => "tone-moving",
            Self::Attention => "tone-attention",
            Self::Good => "tone-good",
            Self::Bad => "tone-bad",
            Self::Quiet => "tone-quiet",
        }
    }
}

/// Returns the word for a state.
pub const fn label(state: ChangeState) -> &'static str {
    match state {
        ChangeState::Waiting => "Waiting",
        ChangeState::On(rung) => rung.word(),
        ChangeState::OutcomeUnknown => "Outcome unknown",
        ChangeState::Slow => "Slow",
        ChangeState::Ended(end) => end.word(),
        ChangeState::Reverted => "Reverted",
    }
}

/// Returns the color of a state.
pub const fn tone(state: ChangeState) -> Tone {
    match state {
        ChangeState::On(_) => Tone::Moving,
        ChangeState::Waiting | ChangeState::OutcomeUnknown | ChangeState::Slow => Tone::Attention,
        ChangeState::Reverted => Tone::Bad,
        ChangeState::Ended(end) => match end {
            EndKind::Settled => Tone::Good,
            EndKind::Rejected | EndKind::NotApplied => Tone::Bad,
            EndKind::Superseded | EndKind::Replaced => Tone::Attention,
            EndKind::Expired | EndKind::NotEstablished => Tone::Quiet,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        change::{
            Change, End, Ending, Observed, Reverted, Slow, Step,
            refusal::{Precondition, Refusal},
            tests::{requested_change, sent_change},
        },
        time::Timestamp,
    };

    #[test]
    fn each_state_has_one_word_and_one_color() {
        let at = Timestamp::from_millis;
        let state = |change: &Change| {
            let state = ChangeState::from(change);
            (label(state), tone(state))
        };
        let said = |word: &'static str, tone| (word, tone);
        assert_eq!(state(&requested_change()), said("Requested", Tone::Moving));
        let mut waiting = requested_change();
        waiting.intent.armed_until = Some(at(9));
        assert_eq!(state(&waiting), said("Waiting", Tone::Attention));
        let after = |steps: Vec<Step>| {
            let mut change = sent_change();
            steps.into_iter().for_each(|step| change.apply(step));
            state(&change)
        };
        let slow = || Step::Slow(Slow { since: at(1_300_000), usual: None });
        let lost = || Step::LostTrack { at: at(1_010_000), why: "no answer".to_owned() };
        let reached = || Step::Reached { at: at(1_400_000), key: None };
        let ended = |how| Step::Ended(Ending { at: at(1_500_000), how });
        assert_eq!(after(vec![]), said("Sent", Tone::Moving));
        assert_eq!(after(vec![slow()]), said("Slow", Tone::Attention));
        assert_eq!(after(vec![lost(), slow()]), said("Outcome unknown", Tone::Attention));
        assert_eq!(after(vec![lost(), slow(), reached()]), said("Reached", Tone::Moving));
        assert_eq!(after(vec![reached(), ended(End::Settled)]), said("Settled", Tone::Good));
        let reverted = Step::Reverted(Reverted { at: at(2_000_000), observed: Observed::NotFound });
        assert_eq!(after(vec![reached(), ended(End::Settled), reverted]), said("Reverted", Tone::Bad));
        let refusal = Refusal::precondition(Precondition::AlreadyNotEncrypted);
        assert_eq!(after(vec![ended(End::Rejected(refusal))]), said("Rejected", Tone::Bad));
        assert_eq!(after(vec![ended(End::NotApplied)]), said("Not applied", Tone::Bad));
        assert_eq!(
            after(vec![ended(End::Superseded { observed: Observed::NotFound })]),
            said("Superseded", Tone::Attention)
        );
        assert_eq!(after(vec![ended(End::Replaced { created: at(1) })]), said("Replaced", Tone::Attention));
        assert_eq!(after(vec![ended(End::Expired)]), said("Expired", Tone::Quiet));
        let closed = End::NotEstablished { by: "jon".to_owned(), reason: "OPS-9".to_owned() };
        assert_eq!(after(vec![lost(), ended(closed)]), said("Not established", Tone::Quiet));
    }
}
