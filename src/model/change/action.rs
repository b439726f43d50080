//! The two actions of a change.

use serde::{Deserialize, Serialize};

/// What a change does to a stream's encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// One `StopStreamEncryption`.
    Disable,
    /// One `StartStreamEncryption`: encrypts the stream, or changes the key of an encrypted one.
    Enable,
}

impl Action {
    pub const ALL: [Self; 2] = [Self::Disable, Self::Enable];

    /// Returns AWS's name of the call.
    pub const fn call(self) -> &'static str {
        match self {
            Self::Disable => "StopStreamEncryption",
            Self::Enable => "StartStreamEncryption",
        }
    }

    /// Returns the last part of the path of its confirmation.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Enable => "enable",
        }
    }
}
