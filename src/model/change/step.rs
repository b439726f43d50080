//! The steps of a change's life.

use super::{
    Ending, LastRead, Resolved, Reverted, SentAs, Slow,
    proof::{ProofRequest, ReadResult, Reported, WriteResult},
    refusal::Refusal,
};
use crate::model::{stream::encryption::KeyId, time::Timestamp};

/// What happens to a change next; the journal writes each, the ladder shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The last thing on disk before the call: what is sent, and in which session.
    Sent {
        at: Timestamp,
        key: KeyId,
        sent_as: Option<SentAs>,
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
    /// A report that breaks every series of reads that is being counted.
    SeriesBroken,
    /// A report that says nothing for or against the change.
    SeenUnclear {
        at: Timestamp,
    },
    /// A read that failed.
    SeenNothing {
        at: Timestamp,
    },
    /// KMS said which key the one that was sent means; it could not be seen when the change was confirmed.
    Resolved(Resolved),
    /// A refusal, with what only the journal or one more read could add.
    Explained(Refusal),
    SeenMissing {
        at: Timestamp,
    },
    /// ACTIVE with the wanted state; with the KeyId as AWS reported it.
    Reached {
        at: Timestamp,
        key: Option<KeyId>,
    },
    /// Something moved after *reached*; `None` until ACTIVE with the wanted state is read again.
    Steady {
        since: Option<Timestamp>,
    },
    Slow(Slow),
    Reverted(Reverted),
    /// Somebody asked for proof by a marked record on each shard, or its result.
    ProofByWrite(ProofRequest<WriteResult>),
    /// Somebody asked for a look at the records that others write, or its result.
    ProofByRead(ProofRequest<ReadResult>),
    ProofReported(Reported),
    Cancelled {
        at: Timestamp,
        by: String,
    },
    Ended(Ending),
}
