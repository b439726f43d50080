//! The evidence for each step of a change, with its time.

use serde::{Deserialize, Serialize};

use super::{LastRead, Observed, TypicalDuration, proof::Proof, refusal::Refusal};
use crate::model::{stream::encryption::KeyId, time::Timestamp};

/// What is known to have happened. Each field was observed, in a call or a read; none is inferred from another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Who cancelled it while it waited.
    pub cancelled: Option<Cancelled>,
    /// The role assumed to send it, if the target has one.
    #[serde(default)]
    pub sent_as: Option<SentAs>,
    /// Written to disk before the call. From this time on, AWS may have received the request.
    pub sent_at: Option<Timestamp>,
    /// Whether *sent* itself is in doubt; `sent_at` is then when the doubt arose.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_sent_in_doubt: bool,
    pub accepted: Option<Acceptance>,
    /// When a read after *sent* first returned UPDATING.
    pub updating_at: Option<Timestamp>,
    /// When a read after *sent* first returned ACTIVE with the wanted state.
    pub reached_at: Option<Timestamp>,
    /// The KeyId that AWS reported at *reached*, if the stream was encrypted then.
    #[serde(default)]
    pub reached_key: Option<KeyId>,
    /// The read from which AWS's 5 s count. Moves if the stream changes after *reached*.
    pub steady_since: Option<Timestamp>,
    pub settled_at: Option<Timestamp>,
    /// Set if the answer to the call was lost or ambiguous.
    pub outcome_unknown: Option<OutcomeUnknown>,
    pub slow: Option<Slow>,
    pub last_read: Option<LastRead>,
    /// AWS's refusal, if it arrived after another instance had ended the change.
    #[serde(default)]
    pub late_refusal: Option<Refusal>,
    /// Set if reads after *settled* contradicted it.
    pub reverted: Option<Reverted>,
    /// The evidence from records, if someone asked for it after *settled*.
    #[serde(default)]
    pub proof: Option<Proof>,
}

impl Evidence {
    /// Returns when it was sent, if that is known.
    pub fn known_sent_at(&self) -> Option<Timestamp> {
        self.sent_at.filter(|_| !self.is_sent_in_doubt)
    }

    /// Returns the time of the newest evidence, except for what came after the end.
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

/// The session that sent a change, as CloudTrail names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentAs {
    /// The role's ARN.
    pub role: String,
    pub session: String,
}

/// The cancelling of a waiting change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancelled {
    pub at: Timestamp,
    pub by: String,
}

/// AWS's answer 200 to the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    pub at: Timestamp,
    pub request_id: Option<String>,
}

/// The call went out, but no clear answer came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeUnknown {
    pub since: Timestamp,
    /// What happened instead of an answer, in words.
    pub why: String,
}

/// The wanted state is taking a long time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slow {
    pub since: Timestamp,
    /// How long such changes typically take here, as known at that time.
    pub usual: Option<TypicalDuration>,
}

/// What reads after *settled* reported instead of the wanted state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reverted {
    pub at: Timestamp,
    #[serde(rename = "saw")]
    pub observed: Observed,
}
