//! An active change, reduced to what a row shows.

use serde::{Deserialize, Serialize};

use crate::model::change::{Change, ChangeState, Rung, RungState};

/// An active change in a row: its current rung, and which rungs are lit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeMarks {
    pub id: String,
    /// One per rung, in order.
    pub marks: Vec<Mark>,
    pub current: Option<Rung>,
    pub state: ChangeState,
}

/// One of the six small marks of a ladder in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mark {
    Lit,
    NotYet,
    NotObserved,
}

impl From<&Change> for ChangeMarks {
    fn from(change: &Change) -> Self {
        Self {
            id: change.id.clone(),
            marks: Rung::ALL.map(|rung| Mark::from(change.rung(rung))).into(),
            current: change.current_rung(),
            state: ChangeState::from(change),
        }
    }
}

impl From<RungState> for Mark {
    fn from(state: RungState) -> Self {
        match state {
            RungState::Lit(_) => Self::Lit,
            RungState::NotYet => Self::NotYet,
            RungState::NotObserved => Self::NotObserved,
        }
    }
}
