//! What a read of the stream returned, for the rules that judge it, and in the form that a change stores.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{
    stream::{StreamReport, StreamStatus, encryption::EncryptionReport},
    time::Timestamp,
};

/// The result of one read of the stream, made for a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observation {
    Report(StreamReport),
    NotFound { asked_at: Timestamp },
    Failed { why: String },
}

/// The last read, or why there is none newer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastRead {
    pub at: Timestamp,
    #[serde(rename = "saw")]
    pub observed: Observed,
}

/// The result of one read, as a change stores it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Observed {
    State { status: StreamStatus, encryption: EncryptionReport },
    NotFound,
    Failed { why: String },
}

impl From<&StreamReport> for Observed {
    fn from(report: &StreamReport) -> Self {
        Self::State { status: report.status.clone(), encryption: report.encryption.clone() }
    }
}

impl From<&Observation> for Observed {
    fn from(observation: &Observation) -> Self {
        match observation {
            Observation::Report(report) => Self::from(report),
            Observation::NotFound { .. } => Self::NotFound,
            Observation::Failed { why } => Self::Failed { why: why.clone() },
        }
    }
}

impl fmt::Display for Observed {
    /// Writes `ACTIVE, KMS`, or what stood in the way, as the audit chain stores it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State { status, encryption } => write!(f, "{status}, {}", encryption.type_word()),
            Self::NotFound => f.write_str("not found"),
            Self::Failed { why } => write!(f, "the read failed: {why}"),
        }
    }
}
