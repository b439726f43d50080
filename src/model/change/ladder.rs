//! The ladder: its rungs, and which of them a change has lit.
//!
//! Only evidence lights a rung. Nothing is inferred from time or from another rung.

use serde::{Deserialize, Serialize};

use super::{Change, End, Ending, proof::Proof};
use crate::model::time::Timestamp;

/// The rungs, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Rung {
    Requested,
    Sent,
    Accepted,
    Updating,
    Reached,
    Settled,
    /// Only if proof was requested.
    Proven,
}

impl Rung {
    /// The six rungs of every ladder.
    pub const ALL: [Self; 6] =
        [Self::Requested, Self::Sent, Self::Accepted, Self::Updating, Self::Reached, Self::Settled];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Requested => "Requested",
            Self::Sent => "Sent",
            Self::Accepted => "Accepted",
            Self::Updating => "Updating",
            Self::Reached => "Reached",
            Self::Settled => "Settled",
            Self::Proven => "Proven",
        }
    }
}

/// How a rung is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RungState {
    /// There is evidence, since this time.
    Lit(Timestamp),
    /// No evidence yet, but it can still come.
    NotYet,
    /// No evidence, and none can come any more.
    NotObserved,
}

impl Change {
    /// Returns how a rung of this change is shown.
    pub fn rung(&self, rung: Rung) -> RungState {
        let lit = match rung {
            Rung::Requested => Some(self.intent.requested_at),
            Rung::Sent => self.evidence.known_sent_at(),
            Rung::Accepted => self.evidence.accepted.as_ref().map(|acceptance| acceptance.at),
            Rung::Updating => self.evidence.updating_at,
            Rung::Reached => self.evidence.reached_at,
            Rung::Settled => self.evidence.settled_at,
            // KMS before and after: the type doesn't distinguish keys.
            Rung::Proven if self.is_key_change() => None,
            Rung::Proven => self.evidence.proof.as_ref().and_then(|proof| proof.proven_at(self.intent.action)),
        };
        if rung == Rung::Proven && lit.is_none() && self.evidence.proof.as_ref().is_some_and(Proof::is_asked) {
            return RungState::NotYet;
        }
        let can_still_come = self.is_active()
            && match rung {
                Rung::Accepted => self.evidence.outcome_unknown.is_none() && self.evidence.reached_at.is_none(),
                Rung::Updating => self.evidence.reached_at.is_none(),
                Rung::Sent => !self.evidence.is_sent_in_doubt,
                Rung::Requested | Rung::Reached | Rung::Settled | Rung::Proven => true,
            };
        match lit {
            Some(at) => RungState::Lit(at),
            None if can_still_come => RungState::NotYet,
            None => RungState::NotObserved,
        }
    }

    /// Returns the last rung with evidence.
    pub fn last_lit(&self) -> Rung {
        let is_lit = |rung: &&Rung| matches!(self.rung(**rung), RungState::Lit(_));
        Rung::ALL.iter().rev().find(is_lit).copied().unwrap_or(Rung::Requested)
    }

    /// Returns the rung with `aria-current`: the last lit one while active, Settled once settled, none after another
    /// end.
    pub fn current_rung(&self) -> Option<Rung> {
        match &self.end {
            None => Some(self.last_lit()),
            Some(Ending { how: End::Settled, .. }) => Some(Rung::Settled),
            Some(_) => None,
        }
    }
}
