//! What became of a mutating call that did not return 200.

use std::error::Error as StdError;

use aws_sdk_kinesis::operation::RequestId;
use aws_smithy_runtime_api::{
    client::{orchestrator::HttpResponse, result::SdkError},
    http::Headers,
};
use aws_smithy_types::{DateTime, date_time::Format, error::metadata::ProvideErrorMetadata};

use super::{
    super::port::SendOutcome,
    causes::{find_source, root_cause, too_long},
    credentials::{CredentialTrouble, is_about_time},
    not_sent::not_sent,
};
use crate::model::{
    change::refusal::{AwsWords, KeyTrouble, Refusal, RefusalKind},
    time::{MINUTE_MS, Timestamp},
};

/// What became of a mutating call that did not return 200.
pub fn send_outcome<E>(error: &SdkError<E, HttpResponse>, now: Timestamp) -> SendOutcome
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
            let trouble = too_long(error).unwrap_or_else(|| "cannot be read".to_owned());
            SendOutcome::Unknown { why: format!("an answer (HTTP {}) that {trouble}", response.raw().status()) }
        }
        SdkError::TimeoutError(_) => SendOutcome::Unknown { why: "no answer within 10 s".to_owned() },
        _ => SendOutcome::Unknown { why: broken_connection(error) },
    }
}

/// Says how a connection ended before the answer.
fn broken_connection(error: &(dyn StdError + 'static)) -> String {
    if find_source::<hyper::Error>(error).is_some_and(hyper::Error::is_incomplete_message) {
        "the connection closed early".to_owned()
    } else {
        format!("the connection broke: {}", root_cause(error))
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

/// How many minutes this server's clock differs from the `Date` of AWS's answer.
fn clock_difference(headers: &Headers, now: Timestamp) -> Option<i64> {
    let date = DateTime::from_str(headers.get("date")?, Format::HttpDate).ok()?;
    Some(now.millis_since(Timestamp::from_millis(date.to_millis().ok()?)).abs() / MINUTE_MS)
}
