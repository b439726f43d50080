//! The steps of a change's life.

use super::{
    Ending, LastRead, Resolved, Reverted, SentAs, Slow,
    proof::{ProofRequest, ReadResult, Reported, WriteResult},
    refusal::Refusal,
};
use crate::model::{stream::encryption::KeyId, time::Timestamp};

/// A step of a change. The journal stores each one, and the ladder shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Written just before the call: what is sent, and in which session.
    Sent {
        at: Timestamp,
        key: KeyId,
        sent_as: Option<SentAs>,
    },
    /// The database may have lost that it was sent. From this time on, it counts as sent, without a known answer.
    MaybeSent {
        at: Timestamp,
        why: String,
    },
    Accepted {
        at: Timestamp,
        request_id: Option<String>,
    },
    LostTrack {
        at: Timestamp,
        why: String,
    },
    Read(LastRead),
    SeenUpdating {
        at: Timestamp,
    },
    SeenOldState {
        at: Timestamp,
    },
    SeenContrary {
        at: Timestamp,
    },
    /// A report that breaks every series of reads being counted.
    SeriesBroken,
    /// A report that says nothing for or against the change.
    SeenUnclear {
        at: Timestamp,
    },
    /// A read that failed.
    SeenNothing {
        at: Timestamp,
    },
    /// KMS said which key was sent. It couldn't be seen at confirmation.
    Resolved(Resolved),
    /// A refusal, with details from the journal or another read.
    Explained(Refusal),
    SeenMissing {
        at: Timestamp,
    },
    /// ACTIVE with the wanted state, and the KeyId as AWS reported it.
    Reached {
        at: Timestamp,
        key: Option<KeyId>,
    },
    /// The state changed after *reached*; `None` until ACTIVE with the wanted state is read again.
    Steady {
        since: Option<Timestamp>,
    },
    Slow(Slow),
    Reverted(Reverted),
    /// Someone requested a check by writing test records; or its result.
    ProofByWrite(ProofRequest<WriteResult>),
    /// Someone requested a check by reading; or its result.
    ProofByRead(ProofRequest<ReadResult>),
    ProofReported(Reported),
    Cancelled {
        at: Timestamp,
        by: String,
    },
    Ended(Ending),
}
