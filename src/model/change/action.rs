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

    /// The verb as buttons and tables write it.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Disable => "Disable encryption",
            Self::Enable => "Enable encryption",
        }
    }

    /// The name of the AWS call.
    pub const fn call(self) -> &'static str {
        match self {
            Self::Disable => "StopStreamEncryption",
            Self::Enable => "StartStreamEncryption",
        }
    }

    /// `disables` or `enables`, for counts.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Disable => "disables",
            Self::Enable => "enables",
        }
    }

    /// The last part of its confirmation's path.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Enable => "enable",
        }
    }
}
