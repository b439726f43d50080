//! Why a change was rejected, as a closed set, and the words for it: what happened, what did not happen, what to do next.

use serde::{Deserialize, Serialize};

use super::{
    change::{Change, Saw},
    stream::StreamStatus,
    timestamp::Timestamp,
};

/// A refusal, with AWS's own words where AWS was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub kind: RefusalKind,
    pub aws: Option<AwsWords>,
    /// What a read right after the refusal returned, for refusals that it explains.
    pub read_after: Option<Saw>,
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
    /// No byte of the request can have left: why.
    NotSent {
        why: String,
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
    CredentialsExpired,
    ClockDiffers,
    /// A code that is not modelled, shown as it came.
    Other,
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

/// A refusal in the three parts that every error has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalText {
    pub happened: String,
    pub did_not_happen: &'static str,
    pub next: String,
}

const CHANGED_NOTHING: &str = "This request changed nothing.";
const NOTHING_SENT: &str = "Nothing was sent. Nothing changed.";

impl Refusal {
    /// A precondition that did not hold.
    pub const fn precondition(precondition: Precondition) -> Self {
        Self { kind: RefusalKind::Precondition(precondition), aws: None, read_after: None }
    }

    /// Whether AWS itself refused.
    pub const fn is_by_aws(&self) -> bool {
        self.aws.is_some()
    }

    /// The words for this refusal of `change`.
    pub fn text(&self, change: &Change) -> RefusalText {
        let account = &change.arn.account;
        let region = &change.arn.region;
        let key = change.key.as_ref().map_or("none", |key| key.as_str());
        let read_after = self.read_after.as_ref().map_or_else(String::new, |saw| format!(" Read just now: {}.", saw.words()));
        let (happened, next) = match &self.kind {
            RefusalKind::Precondition(precondition) => return precondition.text(change),
            RefusalKind::NotSent { why } => {
                return RefusalText {
                    happened: format!("Keystream could not reach AWS for {account}, {region}: {why}."),
                    did_not_happen: "Nothing was sent.",
                    next: "Check the network, the endpoint and the credentials of this target, then start again.".to_owned(),
                };
            }
            RefusalKind::InvalidArgument => (
                format!(
                    "AWS did not accept a value in the request. Sent: {}, type KMS, key {key}. Most often the key no longer resolves.",
                    change.arn
                ),
                "Reload the stream, then check the key in AWS.".to_owned(),
            ),
            RefusalKind::TooFast => (
                format!("AWS is throttling requests in {account}, {region}."),
                "Try again in a minute; other tools share this limit.".to_owned(),
            ),
            RefusalKind::QuotaUsed { next_frees_at } => (
                "Keystream counts 25 disables of this stream in 24 h, and AWS refused another.".to_owned(),
                format!("The next one frees at {}.", next_frees_at.day_and_minute()),
            ),
            RefusalKind::LimitUnclear { counted } => (
                format!(
                    "AWS reported a limit and did not say which: request rate, concurrent requests, or 25 disables in 24 h (counted: {counted})."
                ),
                "Wait a minute and try once; if refused again, wait for other changes in this account to finish.".to_owned(),
            ),
            RefusalKind::ResourceInUse => (
                format!("The stream was not ACTIVE when the request arrived.{read_after}"),
                "Wait until it is ACTIVE and start again.".to_owned(),
            ),
            RefusalKind::ResourceNotFound => (
                format!(
                    "AWS could not find what the request named. The stream may be deleted, or the Region or account may be wrong.{read_after}"
                ),
                match self.read_after {
                    Some(Saw::State { .. }) => "The stream is there: check the key in AWS.".to_owned(),
                    _ => "Check that the stream still exists.".to_owned(),
                },
            ),
            RefusalKind::AccessDenied => (
                format!("AWS refused the credentials of {account}, {region} (operator {}).", change.actor),
                format!(
                    "Needed: kinesis:StopStreamEncryption on the stream and on key {key}. The refusal may come from the role, a permissions boundary, \
                     the session policy, an SCP or the VPC endpoint policy; AWS's sentence below usually says which."
                ),
            ),
            RefusalKind::CredentialsExpired => {
                ("AWS refused the credentials as expired or not valid.".to_owned(), format!("Renew them for {account}, {region}."))
            }
            RefusalKind::ClockDiffers => {
                ("AWS refused the request's time; this server's clock differs.".to_owned(), "Set the clock.".to_owned())
            }
            RefusalKind::Other => ("AWS refused the request.".to_owned(), "Read AWS's words below; then reload the stream.".to_owned()),
        };
        RefusalText { happened, did_not_happen: CHANGED_NOTHING, next }
    }
}

impl Precondition {
    fn text(&self, change: &Change) -> RefusalText {
        let name = &change.arn.name;
        let (happened, next) = match self {
            Self::NotActive { status } => (
                format!("{name} is {status}, not ACTIVE, as AWS reported just now."),
                "Wait until it is ACTIVE and start again.".to_owned(),
            ),
            Self::AlreadyNotEncrypted => (
                format!("{name} is not encrypted, as AWS reported just now. There is nothing to disable."),
                "Open the stream to see who changed it.".to_owned(),
            ),
            Self::EncryptionUnstated => (
                format!("AWS did not say just now how {name} is encrypted."),
                "Open the confirmation again; if it stays so, look at the stream in AWS.".to_owned(),
            ),
            Self::KeyUnstated => (
                format!("AWS reports {name} as encrypted, but names no key, and the call needs the key."),
                "Check the key in AWS.".to_owned(),
            ),
            Self::Changed { what, shown, now } => (
                format!("{what} of {name} changed since the form was shown. It showed {shown}; AWS reports {now} now."),
                "Open the confirmation again and read it afresh.".to_owned(),
            ),
            Self::Replaced { created } => (
                format!(
                    "{name} was deleted and created again at {}. This is not the stream that the form showed.",
                    created.date_and_clock()
                ),
                "Open the confirmation again and read it afresh.".to_owned(),
            ),
            Self::Missing => (format!("AWS does not find {name}."), "Check that the stream still exists.".to_owned()),
            Self::CouldNotRead { why } => (
                format!("{name} could not be read just before sending: {why}."),
                "Start again when the list shows that this target is read.".to_owned(),
            ),
        };
        RefusalText { happened, did_not_happen: NOTHING_SENT, next }
    }
}
