//! Why a change was rejected, as a closed set, and the words for it: what happened, what did not happen, what to do
//! next.

use serde::{Deserialize, Serialize};

use super::{Action, Change, Observed};
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

    /// What happened, and what to do next.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::AccessDenied => (
                "KMS did not allow the use of the key",
                "allow kms:GenerateDataKey and kms:Decrypt to this role, in IAM and in the key's own policy (a key of \
                another account needs both), then start again.",
            ),
            Self::Disabled => {
                ("The key is disabled in KMS", "enable the key in KMS, or choose another, then start again.")
            }
            Self::InvalidState => (
                "The key is in a state in which KMS does not let it be used (pending deletion or import, for example)",
                "look at its state in KMS, or choose another key, then start again.",
            ),
            Self::NotFound => (
                "KMS does not find the key or the alias",
                "check its name, account and Region; a key of another account is given as its ARN. Then start again.",
            ),
            Self::OptInRequired => (
                "The account is not subscribed to KMS",
                "let the account's administrator sign up for KMS, then start again.",
            ),
            Self::Throttling => ("KMS is throttling requests", "try again in a minute; other tools share this limit."),
        }
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
    /// What it is called.
    pub const fn words(self) -> &'static str {
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

    const fn remedy(self) -> &'static str {
        match self {
            Self::NoCredentials => {
                "give this target credentials (profile, environment or instance role) and start again."
            }
            Self::NameNotResolved => "check the endpoint's name and this server's DNS, then start again.",
            Self::ConnectionRefused => "check the endpoint, the network and the VPC endpoint, then start again.",
            Self::TlsFailed => "check the endpoint's certificate and any proxy in between, then start again.",
            Self::RoleNotAssumed => {
                "check the role's trust policy, its external id and this server's sts:AssumeRole, then start again."
            }
            Self::HeldUp => "look at the load of this server and its database, then start again.",
            Self::Other => "check the network and the endpoint of this target, then start again.",
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

const CHANGED_NOTHING: &str = "This request changed nothing.";

impl Refusal {
    /// A precondition that did not hold.
    pub const fn precondition(precondition: Precondition) -> Self {
        Self { kind: RefusalKind::Precondition(precondition), aws: None, read_after: None }
    }

    /// Whether AWS itself refused.
    pub const fn is_by_aws(&self) -> bool {
        self.aws.is_some()
    }

    /// The words for this refusal of `change`: what happened, what did not, and what to do next.
    pub fn text(&self, change: &Change) -> String {
        let (account, region) = (&change.intent.arn.account, &change.intent.arn.region);
        let key = change.intent.key.as_ref().map_or("none", |key| key.as_str());
        match &self.kind {
            RefusalKind::Precondition(precondition) => precondition.text(change),
            RefusalKind::NotSent { obstacle: obstacle @ Obstacle::RoleNotAssumed, detail } => format!(
                "Keystream could not assume the role that sends changes in {account}, {region}: {detail}. Nothing was \
                sent. Next: {}",
                obstacle.remedy()
            ),
            RefusalKind::NotSent { obstacle, detail } => format!(
                "Keystream could not reach AWS for {account}, {region}: {} ({detail}). Nothing was sent. Next: {}",
                obstacle.words(),
                obstacle.remedy()
            ),
            RefusalKind::InvalidArgument => format!(
                "AWS did not accept a value in the request. {CHANGED_NOTHING} Sent: {}, type KMS, key {key}. Most \
                 often the key no longer \
                 resolves. Next: reload the stream, then try another form of the same key.",
                change.intent.arn
            ),
            RefusalKind::Key(trouble) => {
                let (happened, next) = trouble.words();
                format!("{happened} ({key}). {CHANGED_NOTHING} Next: {next}")
            }
            RefusalKind::TooFast => format!(
                "AWS is throttling requests in {account}, {region}. {CHANGED_NOTHING} Try again in a minute; other \
                tools share this limit."
            ),
            RefusalKind::QuotaUsed { next_frees_at } => format!(
                "Keystream counts 25 {} of this stream in 24 h, and AWS refused another. {CHANGED_NOTHING} The next \
                one frees at {}.",
                change.intent.action.plural(),
                next_frees_at.day_and_minute()
            ),
            RefusalKind::LimitUnclear { counted } => format!(
                "AWS reported a limit and did not say which: request rate, concurrent requests, or 25 {} in 24 h \
                 (counted: {counted}). \
                 {CHANGED_NOTHING} Wait a minute and try once; if refused again, wait for other changes in this \
                 account to finish.",
                change.intent.action.plural()
            ),
            RefusalKind::ResourceInUse => format!(
                "The stream was not ACTIVE when the request arrived. {CHANGED_NOTHING}{} Next: open the confirmation \
                 again, where \u{201c}Send \
                 when ACTIVE\u{201d} is offered while it is UPDATING, or wait.",
                self.read_just_now()
            ),
            RefusalKind::ResourceNotFound => {
                let suspect = match self.read_after {
                    Some(Observed::State { .. }) => {
                        " The stream is there: suspect the key or alias, and try another form of the key."
                    }
                    _ => "",
                };
                format!(
                    "AWS could not find what the request named. {CHANGED_NOTHING} The stream may be deleted, or the \
                     Region or account may be \
                     wrong.{}{suspect}",
                    self.read_just_now()
                )
            }
            RefusalKind::AccessDenied => format!(
                "AWS refused {} (operator {}). {CHANGED_NOTHING} Needed: kinesis:{} on the \
                 stream and on key {key}. The refusal may come from the role, a permissions boundary, the session \
                 policy, an SCP or the VPC \
                 endpoint policy; AWS's sentence below usually says which.",
                change.evidence.sent_as.as_ref().map_or_else(
                    || format!("the credentials of {account}, {region}"),
                    |sent_as| format!("role {}, session {}", sent_as.role, sent_as.session)
                ),
                change.intent.actor,
                change.intent.action.call()
            ),
            RefusalKind::CredentialsExpired => format!(
                "Credentials expired. AWS refused the credentials. {CHANGED_NOTHING} Next: renew them for {account}, \
                 {region}; Keystream picks \
                 up new ones within a minute."
            ),
            RefusalKind::CredentialsNotValid => format!(
                "Credentials not valid here. AWS does not recognize the credentials in this Region. {CHANGED_NOTHING} \
                 Either they are wrong, \
                 or the Region is not enabled for this account."
            ),
            RefusalKind::ClockDiffers { minutes } => {
                let by = minutes.map_or_else(String::new, |minutes| format!(" by about {minutes} min"));
                format!(
                    "AWS refused the request's time; this server's clock differs{by}. {CHANGED_NOTHING} Next: set the \
                    clock."
                )
            }
            RefusalKind::Other => {
                format!(
                    "AWS refused the request. {CHANGED_NOTHING} Next: read AWS's words below, then reload the stream."
                )
            }
        }
    }

    fn read_just_now(&self) -> String {
        self.read_after.as_ref().map_or_else(String::new, |saw| format!(" Read just now: {}.", saw.words()))
    }
}

/// How it is known that the reported key is the one that was chosen.
fn same_key(reported: Option<&KeyId>, meant: Option<&Meant>) -> String {
    match (reported, meant) {
        (Some(reported), Some(Meant { arn, seen_from })) => {
            let since = seen_from.map_or_else(String::new, |at| format!(" since {}", at.day_and_minute()));
            format!(", and KMS has said{since} that {reported} means {}: the key you chose", arn.short())
        }
        (Some(_), None) => ": the key you chose".to_owned(),
        // A refusal of before both were kept.
        (None, _) => String::new(),
    }
}

impl Precondition {
    fn text(&self, change: &Change) -> String {
        let name = &change.intent.arn.name;
        let (happened, next) = match self {
            Self::NotActive { status: StreamStatus::Updating } => (
                format!("{name} is UPDATING, not ACTIVE, as AWS reported just now."),
                "open the confirmation again, where \u{201c}Send when ACTIVE\u{201d} is offered, or wait.".to_owned(),
            ),
            Self::NotActive { status } => (
                format!("{name} is {status}, not ACTIVE, as AWS reported just now."),
                "wait until it is ACTIVE and start again.".to_owned(),
            ),
            Self::AlreadyNotEncrypted => (
                format!("{name} is not encrypted, as AWS reported just now. There is nothing to disable."),
                "open the stream to see who changed it.".to_owned(),
            ),
            Self::EncryptionUnstated => (
                format!("AWS did not say just now how {name} is encrypted."),
                "open the confirmation again; if it stays so, look at the stream in AWS.".to_owned(),
            ),
            Self::KeyUnstated => (
                format!("AWS reports {name} as encrypted, but names no key, and the call needs the key."),
                "open the confirmation again, which asks for the key then.".to_owned(),
            ),
            Self::KeyUnusable { key, why } => (
                format!("{name} cannot be encrypted with {key}: {why}."),
                match change.intent.action {
                    Action::Enable => "choose another key, or mend this one in KMS, and start again.".to_owned(),
                    Action::Disable => "look at the key in KMS.".to_owned(),
                },
            ),
            Self::AlreadyEncrypted { key, reported, meant } => (
                format!(
                    "AWS reported {name} as encrypted with {} just now{}. Sending {key} again would only use up one of \
                    the 25 enables a day.",
                    reported.as_ref().unwrap_or(key),
                    same_key(reported.as_ref(), meant.as_deref()),
                ),
                "choose another key, or leave it as it is.".to_owned(),
            ),
            Self::Changed { what, shown, now } => (
                format!("{what} of {name} changed since the form was shown. It showed {shown}; AWS reports {now} now."),
                "open the confirmation again and read it afresh.".to_owned(),
            ),
            Self::Replaced { created } => (
                format!(
                    "{name} was deleted and created again at {}. This is not the stream that the form showed.",
                    created.date_and_clock()
                ),
                "open the confirmation again and read it afresh.".to_owned(),
            ),
            Self::Missing => (format!("AWS does not find {name}."), "check that the stream still exists.".to_owned()),
            Self::CouldNotRead { why } => (
                format!("{name} could not be read just before sending: {why}."),
                "start again when the list shows that this target is read.".to_owned(),
            ),
        };
        format!("{happened} Nothing was sent. Nothing changed. Next: {next}")
    }
}
