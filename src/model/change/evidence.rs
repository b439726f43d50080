//! What is known to have happened to a change, each with its time.

use serde::{Deserialize, Serialize};

use super::{LastRead, Observed, TypicalDuration, proof::Proof, refusal::Refusal};
use crate::model::{stream::encryption::KeyId, time::Timestamp};

/// What is known to have happened. A field that is set was seen, by a call or by a read; none is inferred from another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Who cancelled it while it waited.
    pub cancelled: Option<Cancelled>,
    /// The role that was assumed to send it, where the target has one.
    #[serde(default)]
    pub sent_as: Option<SentAs>,
    /// On disk before the call goes out: from here on AWS may have received it.
    pub sent_at: Option<Timestamp>,
    pub accepted: Option<Acceptance>,
    /// When a read after *sent* first returned UPDATING.
    pub updating_at: Option<Timestamp>,
    /// When a read after *sent* first returned ACTIVE with the wanted state.
    pub reached_at: Option<Timestamp>,
    /// The KeyId that AWS reported at *reached*, where the stream was encrypted then.
    #[serde(default)]
    pub reached_key: Option<KeyId>,
    /// The read from which AWS's 5 s count: moves when anything moved after *reached*.
    pub steady_since: Option<Timestamp>,
    pub settled_at: Option<Timestamp>,
    /// Set when the answer to the call was lost or ambiguous.
    pub outcome_unknown: Option<OutcomeUnknown>,
    pub slow: Option<Slow>,
    pub last_read: Option<LastRead>,
    /// AWS's refusal, where it arrived after another instance had already ended the change.
    #[serde(default)]
    pub late_refusal: Option<Refusal>,
    /// Set when a read after *settled* contradicted it.
    pub reverted: Option<Reverted>,
    /// What records say, where somebody asked for it after it had settled.
    #[serde(default)]
    pub proof: Option<Proof>,
}

impl Evidence {
    /// The time of the newest of it, apart from what came after the end.
    pub(super) fn latest(&self) -> Option<Timestamp> {
        let times = [
            self.sent_at,
            self.accepted.as_ref().map(|acceptance| acceptance.at),
            self.outcome_unknown.as_ref().map(|unknown| unknown.since),
            self.updating_at,
            self.reached_at,
            self.steady_since,
            self.settled_at,
            self.slow.as_ref().map(|slow| slow.since),
            self.last_read.as_ref().map(|read| read.at),
        ];
        times.into_iter().flatten().max()
    }
}

/// The session in which a change was sent: what CloudTrail names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentAs {
    /// The role's ARN.
    pub role: String,
    pub session: String,
}

/// A change that was waiting was cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancelled {
    pub at: Timestamp,
    pub by: String,
}

/// AWS's 200 to the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    pub at: Timestamp,
    pub request_id: Option<String>,
}

/// The call went out and no clear answer came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeUnknown {
    pub since: Timestamp,
    /// What happened instead of an answer, for people.
    pub why: String,
}

/// The wanted state has not come for a long time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slow {
    pub since: Timestamp,
    /// What is usual here, as it was known then.
    pub usual: Option<TypicalDuration>,
}

/// What a read after *settled* reported instead of the wanted state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reverted {
    pub at: Timestamp,
    #[serde(rename = "saw")]
    pub observed: Observed,
}
