//! Encryption as AWS reports it, and the five forms of a key id.
//!
//! A missing answer is never taken for "not encrypted".

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};
use thiserror::Error;

/// What one answer by AWS says about a stream's encryption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum EncryptionReport {
    /// `EncryptionType` was `KMS`; with the KeyId as AWS wrote it, if it was given.
    Encrypted(Option<KeyId>),
    /// `EncryptionType` was `NONE`.
    NotEncrypted,
    /// `EncryptionType` was missing (`None`) or an unknown word.
    Unstated(Option<String>),
}

impl EncryptionReport {
    /// Creates a report from two optional fields of `DescribeStreamSummary`.
    pub fn from_aws(encryption_type: Option<&str>, key_id: Option<&str>) -> Self {
        match encryption_type {
            Some("KMS") => Self::Encrypted(key_id.and_then(|key| KeyId::as_reported(key).ok())),
            Some("NONE") => Self::NotEncrypted,
            Some(word) => Self::Unstated(Some(word.to_owned())),
            None => Self::Unstated(None),
        }
    }

    /// Returns AWS's own word for the type, or what was missing.
    pub fn type_word(&self) -> &str {
        match self {
            Self::Encrypted(_) => "KMS",
            Self::NotEncrypted => "NONE",
            Self::Unstated(Some(word)) => word,
            Self::Unstated(None) => "no encryption type",
        }
    }

    /// Returns the state to show in a row.
    pub const fn state(&self) -> EncryptionState {
        match self {
            Self::Encrypted(_) => EncryptionState::Encrypted,
            Self::NotEncrypted => EncryptionState::NotEncrypted,
            Self::Unstated(_) => EncryptionState::Unknown,
        }
    }
}

/// The three states that a page can show. Unknown means "not read yet", "the read failed" or "AWS didn't say".
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, EnumString, IntoStaticStr,
)]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub enum EncryptionState {
    Encrypted,
    NotEncrypted,
    Unknown,
}

impl EncryptionState {
    /// Returns the value that stands for this state in the list's address.
    pub const fn slug(self) -> &'static str {
        self.into_str()
    }
}

/// A KMS key id in one of the forms that Kinesis accepts, exactly as written: 1 to 2048 characters (Kinesis service
/// model, `KeyId`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(Arc<str>);

/// The five forms in AWS's text of StartStreamEncryption and StopStreamEncryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyIdForm {
    /// `arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012`
    KeyArn,
    /// `arn:aws:kms:us-east-1:123456789012:alias/MyAliasName`
    AliasArn,
    /// `12345678-1234-1234-1234-123456789012`, or a multi-Region key's `mrk-` id
    Guid,
    /// `alias/MyAliasName`
    AliasName,
    /// `alias/aws/kinesis`, the key that Kinesis owns
    ServiceKey,
}

/// A text in none of the five forms.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "a key id is a key ARN, an alias ARN, a key's GUID, alias/NAME or alias/aws/kinesis, of at most 2048 characters"
)]
pub struct InvalidKeyId;

impl KeyId {
    /// The longest key id, in characters.
    pub const LONGEST: usize = 2048;

    /// Keeps what AWS reported, in any form, to send it back unchanged.
    ///
    /// # Errors
    /// If the text is empty or longer than 2048 characters, which AWS would refuse.
    pub fn as_reported(text: &str) -> Result<Self, InvalidKeyId> {
        if (1..=Self::LONGEST).contains(&text.chars().count()) { Ok(Self(text.into())) } else { Err(InvalidKeyId) }
    }

    /// Returns the text as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns which of the five forms this is; `None` if AWS reported it in another one.
    pub fn form(&self) -> Option<KeyIdForm> {
        let text = self.as_str();
        if text == "alias/aws/kinesis" {
            Some(KeyIdForm::ServiceKey)
        } else if let Some(alias) = text.strip_prefix("alias/") {
            is_alias(alias).then_some(KeyIdForm::AliasName)
        } else if text.starts_with("arn:") {
            arn_form(text)
        } else {
            is_key_id(text).then_some(KeyIdForm::Guid)
        }
    }
}

impl FromStr for KeyId {
    type Err = InvalidKeyId;

    /// Parses a key id that a user typed. `aws/kinesis` becomes `alias/aws/kinesis`: AWS's text uses both.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let text = if text == "aws/kinesis" { "alias/aws/kinesis" } else { text };
        let key = Self::as_reported(text)?;
        if key.form().is_some() { Ok(key) } else { Err(InvalidKeyId) }
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_alias(alias: &str) -> bool {
    (1..=250).contains(&alias.len()) && alias.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_-".contains(&b))
}

fn is_key_id(text: &str) -> bool {
    let is_guid = text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(i, b)| if [8, 13, 18, 23].contains(&i) { b == b'-' } else { b.is_ascii_hexdigit() });
    let is_multi_region =
        text.strip_prefix("mrk-").is_some_and(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()));
    is_guid || is_multi_region
}

fn arn_form(text: &str) -> Option<KeyIdForm> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [_, partition, "kms", region, account, resource] = parts.as_slice() else { return None };
    let is_well_formed = (*partition == "aws" || partition.starts_with("aws-"))
        && !region.is_empty()
        && region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit());
    match resource.split_once('/') {
        Some(("key", id)) if is_well_formed && is_key_id(id) => Some(KeyIdForm::KeyArn),
        Some(("alias", alias)) if is_well_formed && is_alias(alias) => Some(KeyIdForm::AliasArn),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GUID: &str = "12345678-1234-1234-1234-123456789012";

    #[test]
    fn each_of_the_five_forms_is_told_apart() {
        let forms = [
            (format!("arn:aws:kms:us-east-1:123456789012:key/{GUID}"), KeyIdForm::KeyArn),
            ("arn:aws:kms:us-east-1:123456789012:alias/MyAliasName".to_owned(), KeyIdForm::AliasArn),
            (GUID.to_owned(), KeyIdForm::Guid),
            ("mrk-1234567890abcdef1234567890abcdef".to_owned(), KeyIdForm::Guid),
            ("alias/MyAliasName".to_owned(), KeyIdForm::AliasName),
            ("alias/aws/kinesis".to_owned(), KeyIdForm::ServiceKey),
        ];
        for (text, form) in forms {
            assert_eq!(text.parse::<KeyId>().unwrap().form(), Some(form), "{text}");
        }
    }

    #[test]
    fn a_typed_service_key_gains_its_prefix() {
        assert_eq!(" aws/kinesis ".parse::<KeyId>().unwrap().as_str(), "alias/aws/kinesis");
    }

    #[test]
    fn what_is_in_none_of_the_forms_is_refused() {
        let too_long = "a".repeat(2049);
        for text in
            ["", " ", "alias/", "alias/a b", "key/1", "arn:aws:kms:eu-west-1:1:key/x", "arn:aws:s3:::b", &too_long]
        {
            assert_eq!(text.parse::<KeyId>(), Err(InvalidKeyId), "{text}");
        }
    }

    #[test]
    fn a_missing_or_strange_type_is_never_not_encrypted() {
        assert_eq!(EncryptionReport::from_aws(None, None).state(), EncryptionState::Unknown);
        assert_eq!(EncryptionReport::from_aws(None, Some(GUID)).state(), EncryptionState::Unknown);
        assert_eq!(EncryptionReport::from_aws(Some("FUTURE"), Some(GUID)).state(), EncryptionState::Unknown);
        assert_eq!(EncryptionReport::from_aws(Some("NONE"), None).state(), EncryptionState::NotEncrypted);
        assert_eq!(EncryptionReport::from_aws(Some("KMS"), Some("")), EncryptionReport::Encrypted(None));
    }

    proptest! {
        #[test]
        fn only_the_word_none_means_not_encrypted(word in ".{0,12}", key in proptest::option::of(".{0,40}")) {
            let report = EncryptionReport::from_aws(Some(&word), key.as_deref());
            prop_assert_eq!(report.state() == EncryptionState::NotEncrypted, word == "NONE");
        }

        #[test]
        fn no_text_panics_and_what_parses_is_kept(text in ".{0,80}") {
            if let Ok(key) = text.parse::<KeyId>() {
                prop_assert!(key.form().is_some());
                prop_assert!(key.as_str() == text.trim() || key.as_str() == "alias/aws/kinesis");
            }
        }
    }
}
