//! The id of a stream: its account, Region and name.

use std::{fmt, num::ParseIntError, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{Account, InvalidStreamText, Region, StreamArn, StreamName};
use crate::model::change::Action;

/// What stands before a name of dots in a path. No name contains it.
const DOTS: &str = "~";

/// A stream's account, Region and name: the path of its page.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamId {
    pub account: Account,
    pub region: Region,
    pub name: StreamName,
}

impl StreamId {
    /// Returns the path of the stream's page. No part needs escaping, but browsers take two possible names as the place
    /// itself and the one above.
    pub fn path(&self) -> String {
        let mark = if matches!(self.name.as_str(), "." | "..") { DOTS } else { "" };
        format!("/streams/{}/{}/{mark}{}", self.account, self.region, self.name)
    }

    /// Returns the path of the confirmation page.
    pub fn confirm_path(&self, action: Action) -> String {
        format!("{}/{}", self.path(), action.slug())
    }

    /// Returns the path of the confirmation that undoes the disable with this id.
    pub fn undo_path(&self, change: &str) -> String {
        format!("{}?undo={change}", self.confirm_path(Action::Enable))
    }

    /// Returns the stream's ARN, in the Region's partition.
    pub fn arn(&self) -> StreamArn {
        let Self { account, region, name } = self.clone();
        StreamArn { partition: region.partition().to_owned(), region, account, name }
    }

    /// Returns a short digest of the id, with which a browser says what it shows.
    pub fn digest(&self) -> Digest {
        const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0100_0000_01b3;
        let parts = [self.account.as_str(), "/", self.region.as_str(), "/", self.name.as_str()];
        let bytes = parts.iter().flat_map(|part| part.bytes());
        let hash = bytes.fold(BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
        Digest(hash >> 16)
    }

    /// Parses the three parts of the path of a stream's page, which are untrusted.
    ///
    /// # Errors
    /// If a part isn't an account, a Region or a stream name.
    pub fn parse_path(account: &str, region: &str, name: &str) -> Result<Self, InvalidStreamText> {
        Self::parse(account, region, name.strip_prefix(DOTS).unwrap_or(name))
    }

    /// Parses the three parts of an id, which are untrusted.
    ///
    /// # Errors
    /// If a part isn't an account, a Region or a stream name.
    pub fn parse(account: &str, region: &str, name: &str) -> Result<Self, InvalidStreamText> {
        Ok(Self { account: account.parse()?, region: region.parse()?, name: name.parse()? })
    }
}

impl From<&StreamArn> for StreamId {
    fn from(arn: &StreamArn) -> Self {
        Self { account: arn.account.clone(), region: arn.region.clone(), name: arn.name.clone() }
    }
}

/// A stream's id in 12 hex digits: the upper 48 bits of FNV-1a over `ACCOUNT/REGION/NAME`.
///
/// A collision would only cause a few more reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(u64);

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:012x}", self.0)
    }
}

impl FromStr for Digest {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u64::from_str_radix(text, 16).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_path_that_browsers_leave_alone() {
        for (name, path) in [
            ("orders-prod", "/streams/111122223333/eu-west-1/orders-prod"),
            (".", "/streams/111122223333/eu-west-1/~."),
            ("..", "/streams/111122223333/eu-west-1/~.."),
            ("...", "/streams/111122223333/eu-west-1/..."),
        ] {
            let id = StreamId::parse("111122223333", "eu-west-1", name).unwrap();
            assert_eq!(id.path(), path);
            let part = path.rsplit('/').next().unwrap();
            assert_eq!(StreamId::parse_path("111122223333", "eu-west-1", part).unwrap(), id);
        }
        assert!(StreamId::parse_path("111122223333", "eu-west-1", "~").is_err());
        assert!(StreamId::parse("111122223333", "eu-west-1", "~.").is_err(), "a form names it as it is");
    }
}
