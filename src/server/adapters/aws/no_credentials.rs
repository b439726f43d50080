//! Why a call has no credentials to sign with.

use std::{sync::Arc, time::Duration};

use aws_credential_types::provider::error::CredentialsError;
use thiserror::Error;

/// Why there are no credentials.
#[derive(Debug, Clone, Error)]
pub enum NoCredentials {
    #[error("the credentials of {of} have not come within {} s", .within.as_secs_f32())]
    Slow { of: String, within: Duration },
    #[error("loading the credentials of {of} failed inside Keystream")]
    Panicked { of: String },
    #[error("the credentials of {of} could not be loaded")]
    Failed {
        of: String,
        #[source]
        source: Arc<CredentialsError>,
    },
}
