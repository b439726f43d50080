//! What a Kinesis data stream is called and what AWS reports of it.
//! Names, accounts, Regions and ARNs are types that cannot hold a malformed value; AWS's open enums keep what they do not know.

pub mod encryption;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use self::encryption::{EncryptionReport, KeyId};
use super::{change::Action, keys::KeyArn, time::Timestamp};

/// Why a text is not a name, account, Region or ARN.
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
        pub struct $name(String);

        impl $name {
            /// The text as AWS writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidStreamText;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::try_from(text.to_owned())
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidStreamText;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                let is_valid: fn(&str) -> bool = $valid;
                if is_valid(&text) { Ok(Self(text)) } else { Err($error) }
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
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
    |text| (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b)),
    InvalidStreamText::Name
);

text_type!(
    /// An AWS account, 12 digits; or `self` while a target's account is not known yet.
    Account,
    |text| text == Account::UNRESOLVED || (text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())),
    InvalidStreamText::Account
);

text_type!(
    /// An AWS Region such as `eu-west-1`.
    Region,
    |text| (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
    InvalidStreamText::Region
);

impl Account {
    /// What stands in paths and cells until AWS has named the account.
    pub const UNRESOLVED: &'static str = "self";

    /// The account of a target that AWS has not named yet.
    pub fn unresolved() -> Self {
        Self(Self::UNRESOLVED.to_owned())
    }

    /// Whether AWS has named this account.
    pub fn is_resolved(&self) -> bool {
        self.0 != Self::UNRESOLVED
    }
}

impl Region {
    /// The partition of AWS that the Region is of, as ARNs begin with it (botocore's `partitions.json`).
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

/// A stream's ARN, taken apart. Account, Region and name are always read from here, never from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StreamArn {
    /// `aws`, `aws-cn`, `aws-us-gov`, ...
    pub partition: String,
    pub region: Region,
    pub account: Account,
    pub name: StreamName,
}

impl FromStr for StreamArn {
    type Err = InvalidStreamText;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().ok_or(InvalidStreamText::Arn);
        let (arn, partition, service, region, account, resource) = (next()?, next()?, next()?, next()?, next()?, next()?);
        let partition_is_known = partition == "aws" || partition.starts_with("aws-");
        let partition_is_plain = partition.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        if arn != "arn" || service != "kinesis" || !partition_is_known || !partition_is_plain || account == Account::UNRESOLVED {
            return Err(InvalidStreamText::Arn);
        }
        let name = resource.strip_prefix("stream/").ok_or(InvalidStreamText::Arn)?;
        Ok(Self { partition: partition.to_owned(), region: region.parse()?, account: account.parse()?, name: name.parse()? })
    }
}

impl TryFrom<String> for StreamArn {
    type Error = InvalidStreamText;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<StreamArn> for String {
    fn from(arn: StreamArn) -> Self {
        arn.to_string()
    }
}

impl fmt::Display for StreamArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "arn:{}:kinesis:{}:{}:stream/{}", self.partition, self.region, self.account, self.name)
    }
}

/// Where a stream lives and what it is called: the path of its page.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamId {
    pub account: Account,
    pub region: Region,
    pub name: StreamName,
}

impl StreamId {
    /// The path of the stream's page. Every part is free of characters that a path would have to escape.
    pub fn path(&self) -> String {
        format!("/streams/{}/{}/{}", self.account, self.region, self.name)
    }

    /// The path of the page that asks for confirmation.
    pub fn confirm_path(&self, action: Action) -> String {
        format!("{}/{}", self.path(), action.slug())
    }

    /// The path of the confirmation that takes back the disable with this id.
    pub fn undo_path(&self, change: &str) -> String {
        format!("{}?undo={change}", self.confirm_path(Action::Enable))
    }

    /// The stream's ARN: the partition is the Region's.
    pub fn arn(&self) -> StreamArn {
        let Self { account, region, name } = self.clone();
        StreamArn { partition: region.partition().to_owned(), region, account, name }
    }

    /// A short name of the key, in 16 hex digits: what a browser says that it looks at. FNV-1a of 64 bits over
    /// `ACCOUNT/REGION/NAME`; two streams of one digest would only be read a little more often.
    pub fn digest(&self) -> String {
        const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0100_0000_01b3;
        let parts = [self.account.as_str(), "/", self.region.as_str(), "/", self.name.as_str()];
        let bytes = parts.iter().flat_map(|part| part.bytes());
        format!("{:016x}", bytes.fold(BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME)))
    }

    /// From the three parts of a path, each hostile until parsed.
    ///
    /// # Errors
    /// When a part is not an account, a Region or a stream name.
    pub fn parse(account: &str, region: &str, name: &str) -> Result<Self, InvalidStreamText> {
        Ok(Self { account: account.parse()?, region: region.parse()?, name: name.parse()? })
    }
}

impl From<&StreamArn> for StreamId {
    fn from(arn: &StreamArn) -> Self {
        Self { account: arn.account.clone(), region: arn.region.clone(), name: arn.name.clone() }
    }
}

/// AWS's `StreamStatus`, an open enum: what is not known here is kept as AWS wrote it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum StreamStatus {
    Creating,
    Deleting,
    Active,
    Updating,
    /// A status that AWS added after this was written.
    Other(String),
}

impl StreamStatus {
    /// AWS's own word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Creating => "CREATING",
            Self::Deleting => "DELETING",
            Self::Active => "ACTIVE",
            Self::Updating => "UPDATING",
            Self::Other(word) => word,
        }
    }
}

impl From<String> for StreamStatus {
    fn from(word: String) -> Self {
        match word.as_str() {
            "CREATING" => Self::Creating,
            "DELETING" => Self::Deleting,
            "ACTIVE" => Self::Active,
            "UPDATING" => Self::Updating,
            _ => Self::Other(word),
        }
    }
}

impl From<StreamStatus> for String {
    fn from(status: StreamStatus) -> Self {
        status.as_str().to_owned()
    }
}

impl fmt::Display for StreamStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One answer of `DescribeStreamSummary`, with the times around the read.
/// Source: Kinesis service model, `StreamDescriptionSummary`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamReport {
    pub arn: StreamArn,
    pub status: StreamStatus,
    pub encryption: EncryptionReport,
    /// When AWS says the stream was created: tells a stream from a later one of the same name.
    pub created: Timestamp,
    /// AWS's `RetentionPeriodHours`: how long records stay readable.
    pub retention_hours: i32,
    pub open_shards: i32,
    /// AWS's `StreamMode` word, `PROVISIONED` or `ON_DEMAND`, where it was given.
    pub mode: Option<String>,
    /// Registered consumers (enhanced fan-out), where the count was given.
    pub consumers: Option<i32>,
    /// The key that the KeyId was seen to mean, where KMS was asked for it.
    #[serde(default)]
    pub key_arn: Option<Box<KeyArn>>,
    /// When the read was asked for: evidence counts only from here on.
    pub asked_at: Timestamp,
    /// When AWS's answer was in: what the page calls the time of the read.
    pub read_at: Timestamp,
}

/// Creation times that differ by less than this are one: `ListStreams` and `DescribeStreamSummary` may round differently.
const CREATION_ROUNDING_MS: i64 = 1_000;

/// Whether two creation times, as AWS reports them, are of one stream rather than of two with the same name.
pub const fn is_same_creation(one: Timestamp, other: Timestamp) -> bool {
    one.millis_since(other).saturating_abs() < CREATION_ROUNDING_MS
}

impl StreamReport {
    /// The key as AWS reports it, when the stream is encrypted and a KeyId was given.
    pub fn key(&self) -> Option<&KeyId> {
        match &self.encryption {
            EncryptionReport::Encrypted(key) => key.as_ref(),
            EncryptionReport::NotEncrypted | EncryptionReport::Unstated(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_arn_that_parses_prints_as_it_came(text in "arn:aws(-cn|-us-gov)?:kinesis:[a-z0-9-]{1,20}:[0-9]{12}:stream/[a-zA-Z0-9_.-]{1,128}") {
            let arn: StreamArn = text.parse().unwrap();
            prop_assert_eq!(arn.to_string(), text);
        }

        #[test]
        fn no_text_panics_and_no_accepted_path_needs_escaping(text in ".{0,200}") {
            let _ = text.parse::<StreamArn>();
            if let Ok(name) = text.parse::<StreamName>() {
                prop_assert!(!name.as_str().contains(['/', '%', '?', '#', ' ', '<']));
            }
        }
    }

    #[test]
    fn malformed_arns_are_refused() {
        for text in [
            "",
            "arn",
            "arn:aws:s3:eu-west-1:111122223333:stream/a",
            "arn:aws:kinesis:eu-west-1:11112222333:stream/a",
            "arn:aws:kinesis:eu-west-1:111122223333:consumer/a",
            "arn:aws:kinesis:eu-west-1:111122223333:stream/",
            "arn:aws:kinesis:eu-west-1:111122223333:stream/a/consumer/b:1",
            "arn:aws:kinesis:EU:111122223333:stream/a",
            "arn:aws:kinesis:eu-west-1:self:stream/a",
            "arn:awsome:kinesis:eu-west-1:111122223333:stream/a",
        ] {
            assert!(text.parse::<StreamArn>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_has_1_to_128_characters() {
        assert!("a".repeat(128).parse::<StreamName>().is_ok());
        assert_eq!("a".repeat(129).parse::<StreamName>(), Err(InvalidStreamText::Name));
        assert_eq!("".parse::<StreamName>(), Err(InvalidStreamText::Name));
        assert_eq!("a b".parse::<StreamName>(), Err(InvalidStreamText::Name));
    }

    #[test]
    fn a_key_has_the_arn_of_its_regions_partition() {
        for (region, partition) in [
            ("eu-west-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("us-isof-south-1", "aws-iso-f"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            let key = StreamId::parse("111122223333", region, "orders").unwrap();
            let arn = key.arn();
            assert_eq!(arn.to_string(), format!("arn:{partition}:kinesis:{region}:111122223333:stream/orders"));
            assert_eq!(StreamId::from(&arn), key);
        }
    }

    #[test]
    fn creation_times_are_compared_to_the_second() {
        let at = Timestamp::from_millis;
        assert!(is_same_creation(at(5_000), at(5_999)) && is_same_creation(at(5_999), at(5_000)));
        assert!(!is_same_creation(at(5_000), at(6_000)));
        assert!(!is_same_creation(at(i64::MIN), at(i64::MAX)), "the ends of time do not wrap");
    }

    #[test]
    fn a_status_that_is_not_known_is_kept() {
        assert_eq!(StreamStatus::from("PAUSED".to_owned()).as_str(), "PAUSED");
        assert_eq!(StreamStatus::from("ACTIVE".to_owned()), StreamStatus::Active);
    }
}
