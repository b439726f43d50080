//! Whether a request certainly was not sent.

use std::{error::Error as StdError, io};

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};

use super::{
    super::guard::HeldBack,
    causes::{chain, find_source, root_cause},
};
use crate::model::change::refusal::Obstacle;

/// Part of the SDK's message when it has no FIPS endpoint: in a partition without any, or with a configured endpoint.
const NO_FIPS: &str = "FIPS";

/// Whether a call found no host: there is none for it, or its name doesn't resolve.
pub fn found_no_host<E>(error: &SdkError<E, HttpResponse>) -> bool
where
    E: StdError + 'static,
{
    not_sent(error).is_some_and(|(obstacle, detail)| obstacle == Obstacle::NameNotResolved || detail.contains(NO_FIPS))
}

/// Why no byte of the request can have been sent, if that is certain: no credentials, or no connection was ever made
/// (name not resolved, refused, TLS handshake failed). A timeout while connecting isn't certain enough.
pub fn not_sent<E>(error: &SdkError<E, HttpResponse>) -> Option<(Obstacle, String)>
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

/// Why a connection was never made.
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
