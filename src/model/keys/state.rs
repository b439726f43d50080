//! The state of a key, in AWS's words.

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, EnumString};

/// AWS's `KeyState`, an open enum: what is not known here is kept as AWS wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, AsRefStr, EnumString)]
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
    /// AWS's word.
    pub fn as_str(&self) -> &str {
        self.as_ref()
    }
}
