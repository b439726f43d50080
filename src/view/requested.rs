//! The response to a submitted confirmation.

use super::{
    change_state::{self, Tone},
    refusal,
};
use crate::model::change::{Change, ChangeState, End, Ending, Submitted};

/// What a submitted confirmation led to, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// A change to follow: the id is that of its page.
    Change { id: String, tone: Tone, words: &'static str },
    /// A precondition didn't hold; the id is that of the rejected change.
    Rejected { id: String, words: String },
}

impl From<&Submitted> for Response {
    fn from(submitted: &Submitted) -> Self {
        match submitted {
            Submitted::Recorded(change) => of_change(change),
            Submitted::UnderWay { id } => Self::Change {
                id: id.clone(),
                tone: Tone::Moving,
                words: "another change is already under way. Nothing was sent.",
            },
        }
    }
}

fn of_change(change: &Change) -> Response {
    match &change.end {
        Some(Ending { how: End::Rejected(refusal), .. }) if !refusal.is_by_aws() => {
            Response::Rejected { id: change.id.clone(), words: refusal::sentence(refusal, change) }
        }
        _ => Response::Change {
            id: change.id.clone(),
            tone: change_state::tone(ChangeState::from(change)),
            words: "change recorded. Keystream watches it until AWS has finished.",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        change::{
            refusal::{Precondition, Refusal},
            tests::requested_change,
        },
        time::Timestamp,
    };

    #[test]
    fn a_change_refused_before_it_was_sent_stays_in_the_form() {
        let mut change = requested_change();
        assert!(matches!(Response::from(&Submitted::Recorded(Box::new(change.clone()))), Response::Change { .. }));
        let how = End::Rejected(Refusal::precondition(Precondition::AlreadyNotEncrypted));
        change.end = Some(Ending { at: Timestamp::from_millis(1), how });
        let Response::Rejected { id, words } = Response::from(&Submitted::Recorded(Box::new(change.clone()))) else {
            panic!("not rejected")
        };
        assert_eq!(id, change.id);
        assert!(words.starts_with("Not sent: ") && words.contains("This request changed nothing."), "{words}");
    }
}
