//! Why a read failed.

use thiserror::Error;

/// A failed read. The words are for people and contain no internals.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{why}")]
pub struct ReadFailure {
    pub kind: ReadFailureKind,
    pub why: String,
    /// The same without AWS's own words, which may name a stream that not everybody may see.
    pub in_short: String,
}

/// The kinds of failure that callers distinguish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadFailureKind {
    /// AWS does not find the stream.
    NotFound,
    /// AWS throttled the call: read less.
    Throttled,
    /// AWS says that the credentials lack the permission.
    Denied,
    /// There are no credentials for the call: loading them failed or takes too long, or the target's role can't be
    /// assumed.
    NoCredentials,
    /// AWS refused the credentials of the call: they expired, or aren't known in this Region.
    CredentialsRefused,
    /// Everything else: network, timeout, an unreadable answer.
    Other,
}

impl ReadFailure {
    /// A failure of no particular kind.
    pub fn other(why: impl Into<String>) -> Self {
        let why = why.into();
        Self { kind: ReadFailureKind::Other, in_short: why.clone(), why }
    }
}
