//! How changes end.

use serde::{Deserialize, Serialize};
use strum::EnumDiscriminants;

use super::{Observed, refusal::Refusal};
use crate::model::time::Timestamp;

/// The end of a change, and when it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    pub at: Timestamp,
    pub how: End,
}

/// The ends of a change (design, section 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, EnumDiscriminants)]
#[strum_discriminants(name(EndKind), derive(Serialize, Deserialize), doc = "An [`End`] without its details.")]
pub enum End {
    Settled,
    /// AWS refused, or a precondition failed and nothing was sent.
    Rejected(Refusal),
    /// Never sent: the server stopped between recording and sending.
    Expired,
    NotApplied,
    /// AWS's reports can't show whether it took effect. A user closed it.
    NotEstablished {
        by: String,
        reason: String,
    },
    /// Someone else changed the stream; what AWS reports instead.
    Superseded {
        #[serde(rename = "saw")]
        observed: Observed,
    },
    /// The stream was deleted and re-created.
    Replaced {
        created: Timestamp,
    },
}

impl EndKind {
    /// Returns the end in one word or two: as the audit chain stores it, and as pages begin with it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Settled => "Settled",
            Self::Rejected => "Rejected",
            Self::Expired => "Expired",
            Self::NotApplied => "Not applied",
            Self::NotEstablished => "Not established",
            Self::Superseded => "Superseded",
            Self::Replaced => "Replaced",
        }
    }
}

impl End {
    /// Returns the word of its [`EndKind`].
    pub fn word(&self) -> &'static str {
        EndKind::from(self).word()
    }
}
