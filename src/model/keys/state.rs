//! The state of a key, in AWS's words.

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, EnumString};

/// AWS's `KeyState`, an open enum: unknown values are kept as AWS wrote them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, AsRefStr, EnumString)]
#[serde(from = "String", into = "String")]
pub enum KeyState {
    /// A replica that isn't created yet.
    Creating,
    Enabled,
    Disabled,
    PendingDeletion,
    /// It has no key material: none was imported yet, or it expired or was deleted.
    PendingImport,
    /// The primary of replicas, to be deleted after them.
    PendingReplicaDeletion,
    /// Its custom key store is disconnected.
    Unavailable,
    /// Its primary Region is being changed. KMS continues to encrypt and decrypt with it.
    Updating,
    /// KMS didn't say.
    #[strum(to_string = "not stated", serialize = "")]
    Unstated,
    #[strum(default, transparent)]
    Other(String),
}

impl From<String> for KeyState {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<KeyState> for String {
    fn from(state: KeyState) -> Self {
        state.as_str().to_owned()
    }
}

impl KeyState {
    /// Returns AWS's word.
    pub fn as_str(&self) -> &str {
        self.as_ref()
    }
}
