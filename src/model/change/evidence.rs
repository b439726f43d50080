//! What is known to have happened to a change, each with its time.

use serde::{Deserialize, Serialize};

use super::{Observed, TypicalDuration};
use crate::model::time::Timestamp;

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
    pub saw: Observed,
}
