//! The state of a key, in AWS's words.

use serde::{Deserialize, Serialize};

/// AWS's `KeyState`, an open enum: what is not known here is kept as AWS wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum KeyState {
    /// A replica that is not made yet.
    Creating,
    Enabled,
    Disabled,
    PendingDeletion,
    /// It has no key material: none was imported yet, or what was imported has expired or was deleted.
    PendingImport,
    /// The primary of replicas, to be deleted once they are.
    PendingReplicaDeletion,
    /// Its custom key store is disconnected.
    Unavailable,
    /// Its primary Region is being changed. KMS goes on encrypting and decrypting with it.
    Updating,
    /// KMS did not say.
    Unstated,
    Other(String),
}

const UNSTATED: &str = "not stated";

impl From<String> for KeyState {
    fn from(text: String) -> Self {
        match text.as_str() {
            "Creating" => Self::Creating,
            "Enabled" => Self::Enabled,
            "Disabled" => Self::Disabled,
            "PendingDeletion" => Self::PendingDeletion,
            "PendingImport" => Self::PendingImport,
            "PendingReplicaDeletion" => Self::PendingReplicaDeletion,
            "Unavailable" => Self::Unavailable,
            "Updating" => Self::Updating,
            "" | UNSTATED => Self::Unstated,
            _ => Self::Other(text),
        }
    }
}

impl From<KeyState> for String {
    fn from(state: KeyState) -> Self {
        state.as_str().to_owned()
    }
}

impl KeyState {
    /// AWS's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Creating => "Creating",
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::PendingDeletion => "PendingDeletion",
            Self::PendingImport => "PendingImport",
            Self::PendingReplicaDeletion => "PendingReplicaDeletion",
            Self::Unavailable => "Unavailable",
            Self::Updating => "Updating",
            Self::Unstated => UNSTATED,
            Self::Other(word) => word,
        }
    }
}
