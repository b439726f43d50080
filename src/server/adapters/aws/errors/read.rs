//! Why a read failed.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::{
    super::failure::{ReadFailure, ReadFailureKind},
    causes::{find_source, root_cause, said, too_long},
    credentials::{CredentialTrouble, credentials_refused},
    not_sent::not_sent,
};

/// Why a read failed.
pub fn read_failure<E>(error: &SdkError<E, HttpResponse>) -> ReadFailure
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
                (_, Some(trouble)) => trouble.sentence(code, said),
                _ => format!("AWS refused the read: {code}{said}"),
            };
            ReadFailure { kind, why: words(&said(service.err().message())), in_short: words("") }
        }
        SdkError::ResponseError(response) => {
            let trouble = too_long(error).unwrap_or_else(|| "could not be read".to_owned());
            ReadFailure::other(format!("AWS's answer (HTTP {}) {trouble}", response.raw().status()))
        }
        SdkError::TimeoutError(_) => ReadFailure::other("AWS did not answer in time"),
        _ => ReadFailure::other(format!("the connection to AWS broke: {}", root_cause(error))),
    }
}
