//! The form with which a user confirms a change.

use serde::{Deserialize, Serialize};

/// The fields of the confirmation form, untrusted until parsed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChangeForm {
    pub account: String,
    pub region: String,
    pub name: String,
    pub request_id: String,
    /// The values that the form showed: ARN, creation time in milliseconds, AWS's word for the encryption, KeyId.
    pub shown_arn: String,
    pub shown_created: String,
    pub shown_type: String,
    pub shown_key: String,
    /// The key of an enable, or another form of the key for a disable; and the key that the form has warned about.
    pub key: String,
    pub warned_key: String,
    pub typed_name: String,
    pub reason: String,
    /// How many minutes the change may wait for its stream; empty to send it at once.
    pub wait_minutes: String,
    /// Why to send it although 25 of its kind were counted.
    pub quota_reason: String,
    /// What an enable's list of keys is to be searched for, and what it was searched for. The list is part of the form,
    /// so that a search loses nothing that was typed.
    pub keys: String,
    pub shown_keys: String,
    /// The disable that an enable undoes.
    pub undo: String,
}
