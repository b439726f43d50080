//! A stream's ARN.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{Account, InvalidStreamText, Region, StreamName};

/// More than any partition's name has.
const LONGEST_PARTITION: usize = 40;

/// A stream's parsed ARN. Account, Region and name always come from here, never from elsewhere.
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
        let (arn, partition, service, region, account, resource) =
            (next()?, next()?, next()?, next()?, next()?, next()?);
        let partition_is_known = partition == "aws" || partition.starts_with("aws-");
        let partition_is_plain =
            partition.len() <= LONGEST_PARTITION && partition.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        if arn != "arn"
            || service != "kinesis"
            || !partition_is_known
            || !partition_is_plain
            || account == Account::UNRESOLVED
        {
            return Err(InvalidStreamText::Arn);
        }
        let name = resource.strip_prefix("stream/").ok_or(InvalidStreamText::Arn)?;
        Ok(Self {
            partition: partition.to_owned(),
            region: region.parse()?,
            account: account.parse()?,
            name: name.parse()?,
        })
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
