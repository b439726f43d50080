//! From the SDK's errors to what the rest of Keystream tells apart: refused, not sent, or unknown.
//! The line between them decides whether a change is called rejected, so it errs towards unknown.

use std::{error::Error as StdError, io};

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_kinesis::operation::RequestId;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::{
    client::{orchestrator::HttpResponse, result::SdkError},
    http::Headers,
};
use aws_smithy_types::{
    DateTime,
    date_time::Format,
    error::metadata::{ErrorMetadata, ProvideErrorMetadata},
};

use super::{ReadFailure, ReadFailureKind, SendOutcome, guard::HeldBack, no_credentials::NoCredentials};
use crate::model::{
    change::refusal::{AwsWords, KeyTrouble, Obstacle, Refusal, RefusalKind},
    time::{MINUTE_MS, Timestamp},
};

/// What became of a mutating call that did not return 200.
pub(super) fn send_outcome<E>(error: &SdkError<E, HttpResponse>, now: Timestamp) -> SendOutcome
where
    E: StdError + ProvideErrorMetadata + RequestId + 'static,
{
    if let Some((obstacle, detail)) = not_sent(error) {
        return SendOutcome::Rejected(Refusal {
            kind: RefusalKind::NotSent { obstacle, detail },
            aws: None,
            read_after: None,
        });
    }
    match error {
        SdkError::ServiceError(service)
            if (400..500).contains(&service.raw().status().as_u16()) && service.err().code().is_some() =>
        {
            let aws = aws_words(service.err(), service.raw().headers(), now);
            let differs_by = clock_difference(service.raw().headers(), now);
            SendOutcome::Rejected(Refusal { kind: refusal_kind(&aws, differs_by), aws: Some(aws), read_after: None })
        }
        SdkError::ServiceError(service) => SendOutcome::Unknown {
            why: format!("AWS answered HTTP {} without a clear verdict", service.raw().status()),
        },
        SdkError::ResponseError(response) => {
            SendOutcome::Unknown { why: format!("an answer (HTTP {}) that cannot be read", response.raw().status()) }
        }
        SdkError::TimeoutError(_) => SendOutcome::Unknown { why: "no answer within 10 s".to_owned() },
        _ => SendOutcome::Unknown { why: format!("the connection broke: {}", root_cause(error)) },
    }
}

/// Why a read brought nothing.
pub(super) fn read_failure<E>(error: &SdkError<E, HttpResponse>) -> ReadFailure
where
    E: StdError + ProvideErrorMetadata + 'static,
{
    if let Some(failure) = find_source::<CredentialsError>(error).and_then(credentials_refused) {
        return failure;
    }
    if let Some((obstacle, detail)) = not_sent(error) {
        return ReadFailure::other(format!("AWS could not be reached: {} ({detail})", obstacle.name()));
    }
    match error {
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or("no error code");
            let kind = match code {
                "ResourceNotFoundException" => ReadFailureKind::NotFound,
                "LimitExceededException"
                | "ThrottlingException"
                | "ThrottledException"
                | "Throttling"
                | "TooManyRequestsException"
                | "RequestLimitExceeded" => ReadFailureKind::Throttled,
                "AccessDeniedException" | "AccessDenied" | "UnauthorizedOperation" => ReadFailureKind::Denied,
                _ if CredentialTrouble::of_code(code).is_some() => ReadFailureKind::CredentialsRefused,
                _ => ReadFailureKind::Other,
            };
            let words = |said: &str| match (kind, CredentialTrouble::of_code(code)) {
                (ReadFailureKind::NotFound, _) => "AWS does not find the stream".to_owned(),
                (ReadFailureKind::Throttled, _) => "AWS is throttling reads".to_owned(),
                (_, Some(trouble)) => trouble.words(code, said),
                _ => format!("AWS refused the read: {code}{said}"),
            };
            ReadFailure { kind, why: words(&said(service.err().message())), in_short: words("") }
        }
        SdkError::ResponseError(response) => {
            ReadFailure::other(format!("AWS's answer (HTTP {}) could not be read", response.raw().status()))
        }
        SdkError::TimeoutError(_) => ReadFailure::other("AWS did not answer in time"),
        _ => ReadFailure::other(format!("the connection to AWS broke: {}", root_cause(error))),
    }
}

/// Why a read was not asked for: there were no credentials.
pub(super) fn no_credentials(missing: NoCredentials) -> ReadFailure {
    let NoCredentials::Failed { source, .. } = &missing else {
        let why = format!("AWS was not asked: {missing}");
        return ReadFailure { kind: ReadFailureKind::NoCredentials, in_short: why.clone(), why };
    };
    credentials_refused(source).unwrap_or_else(|| {
        ReadFailure::other(format!(
            "AWS could not be reached: {} ({})",
            Obstacle::NoCredentials.name(),
            root_cause(&**source)
        ))
    })
}

/// Why a change was not sent: there were no credentials.
pub(super) fn not_sent_without_credentials(missing: &NoCredentials) -> Refusal {
    let detail = match missing {
        NoCredentials::Failed { source, .. } => root_cause(&**source),
        slow => slow.to_string(),
    };
    Refusal { kind: RefusalKind::NotSent { obstacle: Obstacle::NoCredentials, detail }, aws: None, read_after: None }
}

/// AWS's refusal to give credentials, where it is one.
fn credentials_refused(error: &CredentialsError) -> Option<ReadFailure> {
    let refused = refused_by_aws(error)?;
    let code = refused.code().unwrap_or("no error code");
    let why = format!("AWS gave no credentials: {code}{}", said(refused.message()));
    Some(ReadFailure {
        kind: ReadFailureKind::NoCredentials,
        why,
        in_short: format!("AWS gave no credentials: {code}"),
    })
}

/// What AWS has against credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CredentialTrouble {
    Expired,
    /// They are wrong, or of an account that has not enabled the Region.
    NotKnownHere,
}

impl CredentialTrouble {
    fn of_code(code: &str) -> Option<Self> {
        match code {
            "ExpiredTokenException" | "ExpiredToken" | "TokenRefreshRequired" => Some(Self::Expired),
            "UnrecognizedClientException" | "InvalidClientTokenId" | "InvalidAccessKeyId" => Some(Self::NotKnownHere),
            _ => None,
        }
    }

    fn words(self, code: &str, said: &str) -> String {
        match self {
            Self::Expired => {
                format!("the credentials expired: {code}{said}. Renewed ones are picked up within a minute")
            }
            Self::NotKnownHere => format!(
                "AWS does not recognize the credentials in this Region: {code}{said}. Either they are wrong, or the \
                 Region is not enabled for \
                 this account"
            ),
        }
    }
}

/// Whether a refusal is about the credentials, so that others may help.
pub(super) fn refuses_credentials(refusal: &ErrorMetadata) -> bool {
    let code = refusal.code().unwrap_or_default();
    // A secret that was replaced signs wrongly; a clock that is wrong does too, and says so.
    let is_wrong_signature = matches!(code, "InvalidSignatureException" | "SignatureDoesNotMatch");
    CredentialTrouble::of_code(code).is_some()
        || (is_wrong_signature && !is_about_time(refusal.message().unwrap_or_default()))
}

/// Whether AWS refused the credentials with which others were asked for.
pub(super) fn refuses_credentials_within(error: &CredentialsError) -> bool {
    refused_by_aws(error).is_some_and(refuses_credentials)
}

/// Whether a call found no host to go to: none is made for it, or its name is not known.
pub(super) fn found_no_host<E>(error: &SdkError<E, HttpResponse>) -> bool
where
    E: StdError + 'static,
{
    not_sent(error).is_some_and(|(obstacle, detail)| obstacle == Obstacle::NameNotResolved || detail.contains(NO_FIPS))
}

/// In what the SDK says when it can't make up a FIPS endpoint: for a partition that has none, or beside a configured
/// endpoint.
const NO_FIPS: &str = "FIPS";

/// Why no byte of the request can have left, where that is certain: no credentials, or no connection was ever made
/// (name not resolved, refused, TLS handshake failed). A time-out while connecting is not certain enough.
fn not_sent<E>(error: &SdkError<E, HttpResponse>) -> Option<(Obstacle, String)>
where
    E: StdError + 'static,
{
    match error {
        SdkError::ConstructionFailure(_) => {
            Some((Obstacle::Other, format!("the request could not be built: {}", root_cause(error))))
        }
        SdkError::DispatchFailure(failure) if !failure.is_timeout() => {
            if let Some(held_back) = find_source::<HeldBack>(error) {
                return Some((Obstacle::HeldUp, held_back.to_string()));
            }
            if let Some(credentials) = find_source::<CredentialsError>(error) {
                return Some((Obstacle::NoCredentials, root_cause(credentials)));
            }
            let Some(connect) = find_source::<hyper_util::client::legacy::Error>(error) else {
                let why = root_cause(error);
                return why.contains(NO_FIPS).then_some((Obstacle::Other, why));
            };
            connect.is_connect().then(|| (obstacle(connect), root_cause(error)))
        }
        _ => None,
    }
}

/// What a connection that was never made ran into.
fn obstacle(connect: &(dyn StdError + 'static)) -> Obstacle {
    let is_refused =
        find_source::<io::Error>(connect).is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
    let words = chain(connect).map(|error| error.to_string().to_ascii_lowercase()).collect::<Vec<_>>().join("; ");
    if is_refused {
        Obstacle::ConnectionRefused
    } else if words.contains("dns") || words.contains("lookup address") {
        Obstacle::NameNotResolved
    } else if words.contains("certificate")
        || words.contains("tls")
        || words.contains("invalidmessage")
        || words.contains("corrupt message")
    {
        Obstacle::TlsFailed
    } else {
        Obstacle::Other
    }
}

fn aws_words<E: ProvideErrorMetadata + RequestId>(error: &E, headers: &Headers, at: Timestamp) -> AwsWords {
    let request_id = error.request_id().or_else(|| headers.get("x-amzn-requestid")).map(ToOwned::to_owned);
    AwsWords {
        code: error.code().unwrap_or_default().to_owned(),
        message: error.message().unwrap_or_default().to_owned(),
        request_id,
        at,
    }
}

/// The kind of a definite refusal. `LimitExceededException` that does not say "Rate exceeded" is left open here: only
/// the journal knows how many of the 25 were used.
fn refusal_kind(aws: &AwsWords, differs_by: Option<i64>) -> RefusalKind {
    match aws.code.as_str() {
        "InvalidArgumentException" | "ValidationException" => RefusalKind::InvalidArgument,
        "LimitExceededException" if aws.message.contains("Rate exceeded") => RefusalKind::TooFast,
        "ThrottlingException" | "Throttling" | "RequestLimitExceeded" => RefusalKind::TooFast,
        "LimitExceededException" => RefusalKind::LimitUnclear { counted: 0 },
        "ResourceInUseException" => RefusalKind::ResourceInUse,
        "ResourceNotFoundException" => RefusalKind::ResourceNotFound,
        "AccessDeniedException" | "AccessDenied" | "NotAuthorized" => RefusalKind::AccessDenied,
        code if KeyTrouble::of_code(code).is_some() => {
            KeyTrouble::of_code(code).map_or(RefusalKind::Other, RefusalKind::Key)
        }
        code if CredentialTrouble::of_code(code) == Some(CredentialTrouble::Expired) => RefusalKind::CredentialsExpired,
        code if CredentialTrouble::of_code(code) == Some(CredentialTrouble::NotKnownHere) => {
            RefusalKind::CredentialsNotValid
        }
        "RequestExpired" | "RequestTimeTooSkewed" => RefusalKind::ClockDiffers { minutes: differs_by },
        "InvalidSignatureException" | "SignatureDoesNotMatch" if is_about_time(&aws.message) => {
            RefusalKind::ClockDiffers { minutes: differs_by }
        }
        _ => RefusalKind::Other,
    }
}

fn is_about_time(message: &str) -> bool {
    message.contains("expired") || message.contains("not yet current")
}

/// By how many minutes this server's clock differs from the `Date` of AWS's answer.
fn clock_difference(headers: &Headers, now: Timestamp) -> Option<i64> {
    let date = DateTime::from_str(headers.get("date")?, Format::HttpDate).ok()?;
    Some(now.millis_since(Timestamp::from_millis(date.to_millis().ok()?)).abs() / MINUTE_MS)
}

fn said(message: Option<&str>) -> String {
    message.map_or_else(String::new, |message| format!(" ({message})"))
}

/// An error and everything that it came from, outermost first.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| (*error).source())
}

fn find_source<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// What AWS said when it refused the credentials that a request was to be signed with: a role that cannot be assumed.
fn refused_by_aws(error: &CredentialsError) -> Option<&ErrorMetadata> {
    // Errors of AWS's model have it, and others are it.
    find_source::<AssumeRoleError>(error).map(ProvideErrorMetadata::meta).or_else(|| find_source(error))
}

/// The innermost cause in its own words: "Connection refused (os error 111)" rather than "dispatch failure". Of AWS's
/// words without the id of the request: the same trouble is told in the same words each time.
fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let innermost = chain(error).last();
    match innermost.and_then(|error| error.downcast_ref::<ErrorMetadata>()) {
        Some(refused) => format!("{}{}", refused.code().unwrap_or("no error code"), said(refused.message())),
        None => innermost.map_or_else(String::new, ToString::to_string),
    }
}
