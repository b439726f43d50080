//! The ARN of a key.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::model::stream::{
    Account, Region,
    encryption::{InvalidKeyId, KeyId, KeyIdForm},
};

/// The parsed ARN of a key: `arn:aws:kms:eu-west-1:111122223333:key/12345678-1234-1234-1234-123456789012`. Never that
/// of an alias, which may point elsewhere later.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyArn {
    pub partition: String,
    pub region: Region,
    pub account: Account,
    /// The GUID, or `mrk-` and 32 hex digits.
    pub id: String,
}

impl FromStr for KeyArn {
    type Err = InvalidKeyId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let key: KeyId = text.parse()?;
        if key.form() != Some(KeyIdForm::KeyArn) {
            return Err(InvalidKeyId);
        }
        let parts: Vec<&str> = key.as_str().splitn(6, ':').collect();
        let [_, partition, _, region, account, resource] = parts.as_slice() else { return Err(InvalidKeyId) };
        Ok(Self {
            partition: (*partition).to_owned(),
            region: region.parse().map_err(|_| InvalidKeyId)?,
            account: account.parse().map_err(|_| InvalidKeyId)?,
            id: resource.strip_prefix("key/").ok_or(InvalidKeyId)?.to_owned(),
        })
    }
}

impl TryFrom<String> for KeyArn {
    type Error = InvalidKeyId;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<KeyArn> for String {
    fn from(arn: KeyArn) -> Self {
        arn.to_string()
    }
}

impl fmt::Display for KeyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "arn:{}:kms:{}:{}:key/{}", self.partition, self.region, self.account, self.id)
    }
}

impl KeyArn {
    /// Returns `key/1234…9012`: short enough for a sentence, long enough to be recognized.
    pub fn short(&self) -> String {
        let is_ascii = self.id.is_ascii();
        match (self.id.get(..4), self.id.len().checked_sub(4).and_then(|end| self.id.get(end..))) {
            (Some(start), Some(end)) if is_ascii && self.id.len() > 12 => format!("key/{start}\u{2026}{end}"),
            _ => format!("key/{}", self.id),
        }
    }
}
