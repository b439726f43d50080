//! The response to a submitted confirmation.

use super::{pages::Requested, refusal};
use crate::model::change::{Change, End, Ending, Submitted};

impl From<&Submitted> for Requested {
    fn from(submitted: &Submitted) -> Self {
        match submitted {
            Submitted::Recorded(change) => of_change(change),
            Submitted::UnderWay { id } => Self::Change { id: id.clone() },
        }
    }
}

fn of_change(change: &Change) -> Requested {
    match &change.end {
        Some(Ending { how: End::Rejected(refusal), .. }) if !refusal.is_by_aws() => {
            Requested::Rejected { id: change.id.clone(), words: refusal::sentence(refusal, change) }
        }
        _ => Requested::Change { id: change.id.clone() },
    }
}
