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

use super::{ReadFailure, ReadFailureKind, SendOutcome, guard::HeldBack};
use crate::model::{
    refusal::{AwsWords, KeyTrouble, Obstacle, Refusal, RefusalKind},
    timestamp::{MINUTE_MS, Timestamp},
};

/// What became of a mutating call that did not return 200.
pub(super) fn send_outcome<E>(error: &SdkError<E, HttpResponse>, now: Timestamp) -> SendOutcome
where
    E: StdError + ProvideErrorMetadata + RequestId + 'static,
{
    if let Some((obstacle, detail)) = not_sent(error) {
        return SendOutcome::Rejected(Refusal { kind: RefusalKind::NotSent { obstacle, detail }, aws: None, read_after: None });
    }
    match error {
        SdkError::ServiceError(service) if (400..500).contains(&service.raw().status().as_u16()) && service.err().code().is_some() => {
            let aws = aws_words(service.err(), service.raw().headers(), now);
            let differs_by = clock_difference(service.raw().headers(), now);
            SendOutcome::Rejected(Refusal { kind: refusal_kind(&aws, differs_by), aws: Some(aws), read_after: None })
        }
        SdkError::ServiceError(service) => {
            SendOutcome::Unknown { why: format!("AWS answered HTTP {} without a clear verdict", service.raw().status()) }
        }
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
    if let Some(refused) = find_source::<CredentialsError>(error).and_then(refused_by_aws) {
        let code = refused.code().unwrap_or("no error code");
        let why = format!("AWS gave no credentials: {code}{}", said(refused.message()));
        return ReadFailure { kind: ReadFailureKind::NoCredentials, why, in_short: format!("AWS gave no credentials: {code}") };
    }
    if let Some((obstacle, detail)) = not_sent(error) {
        return ReadFailure::other(format!("AWS could not be reached: {} ({detail})", obstacle.words()));
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
                _ => ReadFailureKind::Other,
            };
            let why = match kind {
                ReadFailureKind::NotFound => "AWS does not find the stream".to_owned(),
                ReadFailureKind::Throttled => "AWS is throttling reads".to_owned(),
                _ => format!("AWS refused the read: {code}{}", said(service.err().message())),
            };
            let in_short = match kind {
                ReadFailureKind::NotFound | ReadFailureKind::Throttled => why.clone(),
                _ => format!("AWS refused the read: {code}"),
            };
            ReadFailure { kind, why, in_short }
        }
        SdkError::ResponseError(response) => {
            ReadFailure::other(format!("AWS's answer (HTTP {}) could not be read", response.raw().status()))
        }
        SdkError::TimeoutError(_) => ReadFailure::other("AWS did not answer in time"),
        _ => ReadFailure::other(format!("the connection to AWS broke: {}", root_cause(error))),
    }
}

/// Why no byte of the request can have left, where that is certain: no credentials, or no connection was ever made
/// (name not resolved, refused, TLS handshake failed). A time-out while connecting is not certain enough.
fn not_sent<E>(error: &SdkError<E, HttpResponse>) -> Option<(Obstacle, String)>
where
    E: StdError + 'static,
{
    match error {
        SdkError::ConstructionFailure(_) => Some((Obstacle::Other, format!("the request could not be built: {}", root_cause(error)))),
        SdkError::DispatchFailure(failure) if !failure.is_timeout() => {
            if let Some(held_back) = find_source::<HeldBack>(error) {
                return Some((Obstacle::HeldUp, held_back.to_string()));
            }
            if let Some(credentials) = find_source::<CredentialsError>(error) {
                return Some((Obstacle::NoCredentials, root_cause(credentials)));
            }
            let connect = find_source::<hyper_util::client::legacy::Error>(error)?;
            connect.is_connect().then(|| (obstacle(connect), root_cause(error)))
        }
        _ => None,
    }
}

/// What a connection that was never made ran into.
fn obstacle(connect: &(dyn StdError + 'static)) -> Obstacle {
    let is_refused = find_source::<io::Error>(connect).is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
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
    AwsWords { code: error.code().unwrap_or_default().to_owned(), message: error.message().unwrap_or_default().to_owned(), request_id, at }
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
        code if KeyTrouble::of_code(code).is_some() => KeyTrouble::of_code(code).map_or(RefusalKind::Other, RefusalKind::Key),
        "ExpiredTokenException" | "ExpiredToken" | "UnrecognizedClientException" | "InvalidClientTokenId" | "InvalidAccessKeyId" => {
            RefusalKind::CredentialsExpired
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
