//! From the SDK's errors to what the rest of Keystream tells apart: refused, not sent, or unknown.
//! The line between them decides whether a change is called rejected, so it errs towards unknown.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_kinesis::operation::RequestId;
use aws_smithy_runtime_api::{
    client::{orchestrator::HttpResponse, result::SdkError},
    http::Headers,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::{ReadFailure, ReadFailureKind, SendOutcome};
use crate::model::{
    refusal::{AwsWords, Refusal, RefusalKind},
    timestamp::Timestamp,
};

/// What became of a mutating call that did not return 200.
pub(super) fn send_outcome<E>(error: &SdkError<E, HttpResponse>, now: Timestamp) -> SendOutcome
where
    E: StdError + ProvideErrorMetadata + RequestId + 'static,
{
    if let Some(why) = not_sent(error) {
        return SendOutcome::Rejected(Refusal { kind: RefusalKind::NotSent { why }, aws: None, read_after: None });
    }
    match error {
        SdkError::ServiceError(service) if (400..500).contains(&service.raw().status().as_u16()) && service.err().code().is_some() => {
            let aws = aws_words(service.err(), service.raw().headers(), now);
            SendOutcome::Rejected(Refusal { kind: refusal_kind(&aws), aws: Some(aws), read_after: None })
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
    if let Some(why) = not_sent(error) {
        return ReadFailure::other(why);
    }
    match error {
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or("no error code");
            let kind = match code {
                "ResourceNotFoundException" => ReadFailureKind::NotFound,
                "LimitExceededException" | "ThrottlingException" | "Throttling" => ReadFailureKind::Throttled,
                _ => ReadFailureKind::Other,
            };
            let why = match kind {
                ReadFailureKind::NotFound => "AWS does not find the stream".to_owned(),
                ReadFailureKind::Throttled => "AWS is throttling reads".to_owned(),
                ReadFailureKind::Other => format!("AWS refused the read: {code}{}", said(service.err().message())),
            };
            ReadFailure { kind, why }
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
fn not_sent<E>(error: &SdkError<E, HttpResponse>) -> Option<String>
where
    E: StdError + 'static,
{
    match error {
        SdkError::ConstructionFailure(_) => Some(format!("the request could not be built: {}", root_cause(error))),
        SdkError::DispatchFailure(failure) if !failure.is_timeout() => {
            if find_source::<CredentialsError>(error).is_some() {
                return Some("no credentials: none of the sources of the AWS SDK had any".to_owned());
            }
            let connect = find_source::<hyper_util::client::legacy::Error>(error)?;
            connect.is_connect().then(|| format!("no connection: {}", root_cause(error)))
        }
        _ => None,
    }
}

fn aws_words<E: ProvideErrorMetadata + RequestId>(error: &E, headers: &Headers, at: Timestamp) -> AwsWords {
    let request_id = error.request_id().or_else(|| headers.get("x-amzn-requestid")).map(ToOwned::to_owned);
    AwsWords { code: error.code().unwrap_or_default().to_owned(), message: error.message().unwrap_or_default().to_owned(), request_id, at }
}

/// The kind of a definite refusal. `LimitExceededException` that does not say "Rate exceeded" is left open here: only
/// the journal knows how many of the 25 were used.
fn refusal_kind(aws: &AwsWords) -> RefusalKind {
    match aws.code.as_str() {
        "InvalidArgumentException" | "ValidationException" => RefusalKind::InvalidArgument,
        "LimitExceededException" if aws.message.contains("Rate exceeded") => RefusalKind::TooFast,
        "ThrottlingException" | "Throttling" | "RequestLimitExceeded" => RefusalKind::TooFast,
        "LimitExceededException" => RefusalKind::LimitUnclear { counted: 0 },
        "ResourceInUseException" => RefusalKind::ResourceInUse,
        "ResourceNotFoundException" => RefusalKind::ResourceNotFound,
        "AccessDeniedException" | "AccessDenied" | "NotAuthorized" => RefusalKind::AccessDenied,
        "ExpiredTokenException" | "ExpiredToken" | "UnrecognizedClientException" | "InvalidClientTokenId" | "InvalidAccessKeyId" => {
            RefusalKind::CredentialsExpired
        }
        "RequestExpired" | "RequestTimeTooSkewed" => RefusalKind::ClockDiffers,
        "InvalidSignatureException" | "SignatureDoesNotMatch"
            if aws.message.contains("expired") || aws.message.contains("not yet current") =>
        {
            RefusalKind::ClockDiffers
        }
        _ => RefusalKind::Other,
    }
}

fn said(message: Option<&str>) -> String {
    message.map_or_else(String::new, |message| format!(" ({message})"))
}

fn find_source<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// The innermost cause in its own words: "Connection refused (os error 111)" rather than "dispatch failure".
fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
