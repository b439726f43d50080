//! The names of streams, accounts and Regions, as types that can't hold a malformed value. Copies share their text:
//! each stream's is in memory in many places.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a text isn't a name, account, Region or ARN.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidStreamText {
    #[error("a stream name has 1 to 128 letters, digits, dots, hyphens or underscores")]
    Name,
    #[error("an AWS account is 12 digits")]
    Account,
    #[error("a Region is lower-case letters, digits and hyphens, such as eu-west-1")]
    Region,
    #[error("a stream's ARN is arn:PARTITION:kinesis:REGION:ACCOUNT:stream/NAME")]
    Arn,
}

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $valid:expr, $error:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Returns the text as AWS writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidStreamText;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let is_valid: fn(&str) -> bool = $valid;
                if is_valid(text) { Ok(Self(text.into())) } else { Err($error) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidStreamText;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0.to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

text_type!(
    /// A stream's name: 1 to 128 of `[a-zA-Z0-9_.-]` (Kinesis service model, `StreamName`).
    StreamName,
    |text| (1..=StreamName::LONGEST).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b)),
    InvalidStreamText::Name
);

text_type!(
    /// An AWS account: 12 digits, or `self` while a target's account isn't known yet.
    Account,
    |text| text == Account::UNRESOLVED || (text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())),
    InvalidStreamText::Account
);

text_type!(
    /// An AWS Region such as `eu-west-1`.
    Region,
    |text| (1..=40).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
    InvalidStreamText::Region
);

impl StreamName {
    /// The longest name.
    pub const LONGEST: usize = 128;
}

impl Account {
    /// Shown in paths and cells until AWS has named the account.
    pub const UNRESOLVED: &'static str = "self";

    /// Returns the account of a target while AWS hasn't named it.
    pub fn unresolved() -> Self {
        Self(Self::UNRESOLVED.into())
    }

    /// Returns whether the account is known.
    pub fn is_resolved(&self) -> bool {
        *self.0 != *Self::UNRESOLVED
    }
}

impl Region {
    /// Returns the Region's AWS partition, which ARNs begin with (botocore's `partitions.json`).
    pub fn partition(&self) -> &'static str {
        const PARTITIONS: [(&str, &str); 7] = [
            ("cn-", "aws-cn"),
            ("us-gov-", "aws-us-gov"),
            ("us-iso-", "aws-iso"),
            ("us-isob-", "aws-iso-b"),
            ("eu-isoe-", "aws-iso-e"),
            ("us-isof-", "aws-iso-f"),
            ("eusc-", "aws-eusc"),
        ];
        PARTITIONS.iter().find(|(prefix, _)| self.0.starts_with(prefix)).map_or("aws", |(_, partition)| partition)
    }
}
