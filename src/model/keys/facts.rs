//! What KMS reports of a key, and what follows from it.

use serde::{Deserialize, Serialize};

use super::{KeyArn, KeyState, Unusable};
use crate::model::time::Timestamp;

/// The answer of one `DescribeKey` (KMS service model, `KeyMetadata`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFacts {
    pub arn: KeyArn,
    pub state: KeyState,
    /// Whether AWS created and manages it for one of its services.
    pub is_aws_managed: bool,
    /// `SYMMETRIC_DEFAULT` for a key that Kinesis can use; empty if KMS doesn't say (both are optional in its model).
    pub spec: String,
    /// `ENCRYPT_DECRYPT` for a key that Kinesis can use; empty if KMS doesn't say.
    pub usage: String,
    /// When a key pending deletion is deleted, with all data encrypted under it.
    pub deleted_at: Option<Timestamp>,
    /// When imported key material expires (`ValidTo`), if it does. KMS deletes it then.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// When KMS answered.
    pub read_at: Timestamp,
}

impl KeyFacts {
    /// Checks that Kinesis can encrypt with the key in its current state.
    ///
    /// # Errors
    /// Returns why it can't.
    pub fn usable(&self) -> Result<(), Unusable> {
        let key = self.arn.short();
        match &self.state {
            // Missing values are no reason to refuse: AWS decides.
            KeyState::Enabled | KeyState::Updating | KeyState::Unstated => {}
            KeyState::Disabled => return Err(Unusable::Disabled { key }),
            KeyState::PendingDeletion => return Err(Unusable::PendingDeletion { key, at: self.deleted_at }),
            state => return Err(Unusable::NotEnabled { key, state: state.clone() }),
        }
        let is_or_unstated = |word: &str, wanted: &str| word.is_empty() || word == wanted;
        if is_or_unstated(&self.spec, "SYMMETRIC_DEFAULT") && is_or_unstated(&self.usage, "ENCRYPT_DECRYPT") {
            Ok(())
        } else {
            Err(Unusable::NotSymmetric { key, spec: self.spec.clone(), usage: self.usage.clone() })
        }
    }

    /// Returns whether its state endangers records that need the key until `free`, or for as long as a stream uses it.
    /// Every state but Enabled does, however late a deletion comes: KMS decrypts in none of them but Updating, which
    /// passes.
    pub fn endangers_records(&self, free: Option<Timestamp>) -> bool {
        match &self.state {
            KeyState::Unstated => false,
            KeyState::Enabled => self.expires_at.is_some_and(|expires| free.is_none_or(|free| expires <= free)),
            _ => true,
        }
    }
}
