//! Why a change was rejected, as a closed set.

use serde::{Deserialize, Serialize};

use super::Observed;
use crate::model::{
    keys::{Meant, Unusable},
    stream::{StreamStatus, encryption::KeyId},
    time::Timestamp,
};

/// A refusal, with AWS's own words where AWS was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub kind: RefusalKind,
    pub aws: Option<AwsWords>,
    /// What a read right after the refusal returned, for refusals that it explains.
    pub read_after: Option<Observed>,
}

/// AWS's answer, verbatim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwsWords {
    pub code: String,
    pub message: String,
    pub request_id: Option<String>,
    pub at: Timestamp,
}

/// What kind of refusal it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefusalKind {
    /// Keystream checked and did not send.
    Precondition(Precondition),
    /// No byte of the request can have left: what stood in the way, and its own words.
    NotSent {
        obstacle: Obstacle,
        detail: String,
    },
    InvalidArgument,
    TooFast,
    /// AWS refused and Keystream counts the 25 of this stream; when the next one frees.
    QuotaUsed {
        next_frees_at: Timestamp,
    },
    /// A limit that AWS did not name; how many disables of this stream Keystream counts in 24 h.
    LimitUnclear {
        counted: u32,
    },
    ResourceInUse,
    ResourceNotFound,
    AccessDenied,
    /// KMS refused Kinesis the key (StartStreamEncryption models six such errors).
    Key(KeyTrouble),
    CredentialsExpired,
    /// AWS does not know the credentials in this Region.
    CredentialsNotValid,
    /// AWS refused the request's time; by how many minutes this server's clock differs, where AWS's answer tells.
    ClockDiffers {
        minutes: Option<i64>,
    },
    /// A code that is not modelled, shown as it came.
    Other,
}

/// What KMS can have against an enable (Kinesis service model, errors of `StartStreamEncryption`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyTrouble {
    AccessDenied,
    Disabled,
    InvalidState,
    NotFound,
    OptInRequired,
    Throttling,
}

impl KeyTrouble {
    /// The trouble of a code of AWS's.
    pub fn of_code(code: &str) -> Option<Self> {
        Some(match code {
            "KMSAccessDeniedException" => Self::AccessDenied,
            "KMSDisabledException" => Self::Disabled,
            "KMSInvalidStateException" => Self::InvalidState,
            "KMSNotFoundException" => Self::NotFound,
            "KMSOptInRequired" => Self::OptInRequired,
            "KMSThrottlingException" => Self::Throttling,
            _ => return None,
        })
    }
}

/// What can keep a request from leaving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Obstacle {
    NoCredentials,
    NameNotResolved,
    ConnectionRefused,
    TlsFailed,
    /// The role that sends changes was not given.
    RoleNotAssumed,
    /// Keystream itself did not get on in time.
    HeldUp,
    Other,
}

impl Obstacle {
    /// What it is called, in the reason of a read that failed and in the words of a refusal.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoCredentials => "no credentials",
            Self::NameNotResolved => "name not found",
            Self::ConnectionRefused => "connection refused",
            Self::TlsFailed => "TLS failed or certificate not trusted",
            Self::RoleNotAssumed => "the role could not be assumed",
            Self::HeldUp => "Keystream was held up",
            Self::Other => "no connection",
        }
    }
}

/// What the check before sending found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Precondition {
    NotActive {
        status: StreamStatus,
    },
    AlreadyNotEncrypted,
    EncryptionUnstated,
    KeyUnstated,
    /// Kinesis cannot encrypt with the key that was chosen.
    KeyUnusable {
        key: KeyId,
        why: Box<Unusable>,
    },
    /// The stream is encrypted with the key that was chosen.
    AlreadyEncrypted {
        key: KeyId,
        /// The KeyId that AWS reported.
        #[serde(default)]
        reported: Option<KeyId>,
        /// The one key that this was seen to mean, where it is an alias.
        #[serde(default)]
        meant: Option<Box<Meant>>,
    },
    /// The stream is no longer what the form showed.
    Changed {
        what: String,
        shown: String,
        now: String,
    },
    Replaced {
        created: Timestamp,
    },
    Missing,
    CouldNotRead {
        why: String,
    },
}

impl Refusal {
    /// A precondition that did not hold.
    pub const fn precondition(precondition: Precondition) -> Self {
        Self { kind: RefusalKind::Precondition(precondition), aws: None, read_after: None }
    }

    /// Whether AWS itself refused.
    pub const fn is_by_aws(&self) -> bool {
        self.aws.is_some()
    }
}
