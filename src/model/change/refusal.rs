//! Why a change was rejected, as a closed set.

use serde::{Deserialize, Serialize};

use super::Observed;
use crate::model::{
    keys::{Meant, Unusable},
    stream::{StreamStatus, encryption::KeyId},
    time::Timestamp,
};

/// A refusal, with AWS's own words if AWS was asked.
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

/// The kind of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefusalKind {
    /// Keystream checked and didn't send.
    Precondition(Precondition),
    /// No byte of the request can have left: the cause, and its own words.
    NotSent {
        obstacle: Obstacle,
        detail: String,
    },
    InvalidArgument,
    TooFast,
    /// AWS refused, and Keystream counts 25 calls for this stream; when the next one becomes available.
    QuotaUsed {
        next_frees_at: Timestamp,
    },
    /// A limit that AWS didn't name; how many disables of this stream Keystream counts in 24 h.
    LimitUnclear {
        counted: u32,
    },
    ResourceInUse,
    ResourceNotFound,
    AccessDenied,
    /// KMS refused the key to Kinesis (StartStreamEncryption models six such errors).
    Key(KeyTrouble),
    CredentialsExpired,
    /// AWS doesn't know the credentials in this Region.
    CredentialsNotValid,
    /// AWS refused the request's time; by how many minutes this server's clock differs, if AWS's answer shows it.
    ClockDiffers {
        minutes: Option<i64>,
    },
    /// An unmodeled code, shown as received.
    Other,
}

/// Why KMS can refuse an enable (Kinesis service model, errors of `StartStreamEncryption`).
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
    /// Returns the trouble that AWS's code stands for.
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
    /// The role that sends changes couldn't be assumed.
    RoleNotAssumed,
    /// Keystream itself was delayed too long.
    HeldUp,
    Other,
}

impl Obstacle {
    /// Returns its name, as used in the reason of a failed read and in the words of a refusal.
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
    /// Kinesis can't encrypt with the chosen key.
    KeyUnusable {
        key: KeyId,
        why: Box<Unusable>,
    },
    /// The stream is already encrypted with the chosen key.
    AlreadyEncrypted {
        key: KeyId,
        /// The KeyId that AWS reported.
        #[serde(default)]
        reported: Option<KeyId>,
        /// The one key that it has resolved to, if it is an alias.
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
    /// The journal's row isn't the one that Keystream recorded.
    NotAuthentic {
        flaw: Flaw,
    },
}

/// What shows that something else wrote a row of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Flaw {
    /// It has no MAC. Rows of earlier versions have none either.
    NoMac,
    WrongMac,
    /// According to the audit chain, the change has been sent or has ended already.
    PutBack,
}

impl Flaw {
    /// Returns the flaw in a few words, for logs and the audit chain.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoMac => "its MAC is missing",
            Self::WrongMac => "its MAC is wrong",
            Self::PutBack => "it was put back after its end",
        }
    }
}

impl Refusal {
    /// Creates the refusal for a precondition that didn't hold.
    pub const fn precondition(precondition: Precondition) -> Self {
        Self { kind: RefusalKind::Precondition(precondition), aws: None, read_after: None }
    }

    /// Returns whether AWS itself refused.
    pub const fn is_by_aws(&self) -> bool {
        self.aws.is_some()
    }
}
