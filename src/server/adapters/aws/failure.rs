//! Why a read brought nothing.

use thiserror::Error;

/// A read that brought nothing. The words are for people and carry no internals.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{why}")]
pub struct ReadFailure {
    pub kind: ReadFailureKind,
    pub why: String,
    /// The same for people who may not see the stream, which AWS's own words may name.
    pub in_short: String,
}

/// What callers tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadFailureKind {
    /// AWS does not find the stream.
    NotFound,
    /// AWS throttled the call: read less.
    Throttled,
    /// AWS says that the credentials lack the permission.
    Denied,
    /// There are no credentials to make the call with: loading them failed or takes too long, or the role of a target
    /// can't be assumed.
    NoCredentials,
    /// AWS refused the credentials of the call: they expired, or aren't known in this Region.
    CredentialsRefused,
    /// Everything else: network, time-out, an answer that cannot be read.
    Other,
}

impl ReadFailure {
    /// A failure that is neither of the told-apart kinds.
    pub fn other(why: impl Into<String>) -> Self {
        let why = why.into();
        Self { kind: ReadFailureKind::Other, in_short: why.clone(), why }
    }
}
