//! Why the targets could not be created.

use thiserror::Error;

use super::authorities::AuthoritiesError;

/// Why the targets could not be created.
#[derive(Debug, Error)]
pub enum TargetError {
    #[error("no AWS Region is configured: set KEYSTREAM_TARGETS to ACCOUNT/REGION, or AWS_REGION")]
    NoRegion,
    #[error("the Region of the AWS configuration, \u{201c}{0}\u{201d}, is not written like one")]
    Region(String),
    #[error(transparent)]
    Authorities(#[from] AuthoritiesError),
}
