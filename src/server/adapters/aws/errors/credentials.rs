//! Credentials that are missing, or that AWS refuses.

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};

use super::{
    super::{
        failure::{ReadFailure, ReadFailureKind},
        no_credentials::NoCredentials,
    },
    causes::{find_source, root_cause, said},
};
use crate::model::change::refusal::{Obstacle, Refusal, RefusalKind};

/// Why AWS refuses credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialTrouble {
    Expired,
    /// They are wrong, or their account has not enabled the Region.
    NotKnownHere,
}

impl CredentialTrouble {
    pub fn of_code(code: &str) -> Option<Self> {
        match code {
            "ExpiredTokenException" | "ExpiredToken" | "TokenRefreshRequired" => Some(Self::Expired),
            "UnrecognizedClientException" | "InvalidClientTokenId" | "InvalidAccessKeyId" => Some(Self::NotKnownHere),
            _ => None,
        }
    }

    pub fn sentence(self, code: &str, said: &str) -> String {
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

/// Whether a refusal concerns the credentials, so that other ones may help.
pub fn refuses_credentials(refusal: &ErrorMetadata) -> bool {
    let code = refusal.code().unwrap_or_default();
    // A replaced secret gives a wrong signature. So does a wrong clock, but then AWS says so.
    let is_wrong_signature = matches!(code, "InvalidSignatureException" | "SignatureDoesNotMatch");
    CredentialTrouble::of_code(code).is_some()
        || (is_wrong_signature && !is_about_time(refusal.message().unwrap_or_default()))
}

/// Whether AWS refused the credentials that were used to obtain others.
pub fn refuses_credentials_within(error: &CredentialsError) -> bool {
    refused_by_aws(error).is_some_and(refuses_credentials)
}

/// The failure of a read that wasn't sent for lack of credentials.
pub fn no_credentials(missing: NoCredentials) -> ReadFailure {
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

/// The refusal of a change that wasn't sent for lack of credentials.
pub fn not_sent_without_credentials(missing: &NoCredentials) -> Refusal {
    let detail = match missing {
        NoCredentials::Failed { source, .. } => root_cause(&**source),
        slow => slow.to_string(),
    };
    Refusal { kind: RefusalKind::NotSent { obstacle: Obstacle::NoCredentials, detail }, aws: None, read_after: None }
}

/// The failure of a read if AWS refused to give credentials.
pub fn credentials_refused(error: &CredentialsError) -> Option<ReadFailure> {
    let refused = refused_by_aws(error)?;
    let code = refused.code().unwrap_or("no error code");
    let why = format!("AWS gave no credentials: {code}{}", said(refused.message()));
    Some(ReadFailure {
        kind: ReadFailureKind::NoCredentials,
        why,
        in_short: format!("AWS gave no credentials: {code}"),
    })
}

/// AWS's refusal to give the credentials that a request was to be signed with: a role that cannot be assumed.
fn refused_by_aws(error: &CredentialsError) -> Option<&ErrorMetadata> {
    // Errors in AWS's model contain the metadata, and other errors are the metadata.
    find_source::<AssumeRoleError>(error).map(ProvideErrorMetadata::meta).or_else(|| find_source(error))
}

pub fn is_about_time(message: &str) -> bool {
    message.contains("expired") || message.contains("not yet current")
}
