//! What a change asks of AWS.

use serde::{Deserialize, Serialize};

/// What a change asks of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// One `StopStreamEncryption`.
    Disable,
    /// One `StartStreamEncryption`: it encrypts, or changes the key of a stream that is encrypted.
    Enable,
}

impl Action {
    pub const ALL: [Self; 2] = [Self::Disable, Self::Enable];

    /// AWS's name of the call.
    pub const fn call(self) -> &'static str {
        match self {
            Self::Disable => "StopStreamEncryption",
            Self::Enable => "StartStreamEncryption",
        }
    }

    /// The last part of the path of its confirmation.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Enable => "enable",
        }
    }
}
