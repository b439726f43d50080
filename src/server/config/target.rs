//! A target: `ACCOUNT/REGION`, or a `[[target]]` table of `keystream.toml`, which says more.

use std::str::FromStr;

use serde::{Deserialize, Deserializer};
use url::Url;

use super::takes::{array, number, parsed, some_text, truth};
use crate::model::stream::{Account, Region, StreamArn};

/// A target: an account in a Region. The fields that serde reads are the keys of `[[target]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TargetSettings {
    /// The account; without it, the account of `streams` or `read_role`, else the one that STS names.
    #[serde(deserialize_with = "account")]
    pub account: Option<Account>,
    /// The Region; without it, the SDK's own.
    #[serde(deserialize_with = "region")]
    pub region: Option<Region>,
    /// What people call it.
    #[serde(deserialize_with = "some_text")]
    pub name: Option<String>,
    /// Whether every page marks it as production.
    #[serde(rename = "production", deserialize_with = "truth")]
    pub is_production: bool,
    /// Whether changes are refused.
    #[serde(rename = "read_only", deserialize_with = "truth")]
    pub is_read_only: bool,
    /// The profile of the AWS configuration whose credentials are used.
    #[serde(deserialize_with = "some_text")]
    pub profile: Option<String>,
    /// The URL to call instead of AWS's own hosts.
    #[serde(deserialize_with = "endpoint")]
    pub endpoint: Option<String>,
    /// The ARN of the role that is assumed to read.
    #[serde(deserialize_with = "role")]
    pub read_role: Option<String>,
    /// The ARN of the role that is assumed to send a change.
    #[serde(deserialize_with = "role")]
    pub change_role: Option<String>,
    /// The external id that the roles' trust policies ask for.
    #[serde(deserialize_with = "external_id")]
    pub external_id: Option<String>,
    /// Whether AWS's FIPS endpoints are used.
    #[serde(rename = "fips", deserialize_with = "truth")]
    pub is_fips: bool,
    /// Whether calls name streams by ARN or by name.
    #[serde(deserialize_with = "identify_by")]
    pub identify_by: IdentifyBy,
    /// The streams to read where listing is denied; empty where AWS lists them.
    #[serde(deserialize_with = "streams")]
    pub streams: Vec<StreamArn>,
    /// How much of AWS's call limits may be used.
    #[serde(deserialize_with = "budget_percent")]
    pub budget_percent: u8,
    /// The factor by which the target's call limits exceed AWS's: more than 1 only for a simulator on loopback.
    #[serde(deserialize_with = "speed")]
    pub speed: u8,
    /// The demo's credentials: an access key id that the simulator takes for an account. Not configurable.
    #[serde(skip)]
    pub simulator_access_key: Option<String>,
    /// Read in place of the SDK's own files.
    #[cfg(test)]
    #[serde(skip)]
    pub profile_file: Option<std::path::PathBuf>,
}

/// How calls name a stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum IdentifyBy {
    /// The SDK sends them to the account's own host.
    #[default]
    Arn,
    /// The SDK sends them to the Region's host.
    Name,
}

impl Default for TargetSettings {
    fn default() -> Self {
        Self {
            account: None,
            region: None,
            name: None,
            is_production: false,
            is_read_only: false,
            profile: None,
            endpoint: None,
            read_role: None,
            change_role: None,
            external_id: None,
            is_fips: false,
            identify_by: IdentifyBy::Arn,
            streams: Vec::new(),
            budget_percent: 25,
            speed: 1,
            simulator_access_key: None,
            #[cfg(test)]
            profile_file: None,
        }
    }
}

impl TargetSettings {
    /// The description of what `--targets` takes.
    pub const TAKES: &str = "ACCOUNT/REGION by comma, such as 123456789012/us-east-1";

    /// Whether changes are refused: by `read_only`, or because there is a role to read and none for changes.
    pub const fn refuses_changes(&self) -> bool {
        self.is_read_only || (self.read_role.is_some() && self.change_role.is_none())
    }
}

/// `123456789012/us-east-1`, or `self/us-east-1`.
impl FromStr for TargetSettings {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (account, region) = text.split_once('/')?;
            let account: Account = account.parse().ok()?;
            let account = account.is_resolved().then_some(account);
            Some(Self { account, region: Some(region.parse().ok()?), ..Self::default() })
        };
        parse().ok_or(Self::TAKES)
    }
}

fn account<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Account>, D::Error> {
    parsed(value, "an account's 12 digits, in quotes", |text| text.parse().ok()).map(Some)
}

fn region<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Region>, D::Error> {
    parsed(value, "a Region, such as eu-west-1", |text| text.parse().ok()).map(Some)
}

fn endpoint<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    let is_endpoint =
        |text: &str| Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    parsed(value, "a URL of http or https", |text| is_endpoint(text).then(|| text.to_owned())).map(Some)
}

fn role<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    let takes = "a role's ARN, such as arn:aws:iam::111122223333:role/keystream";
    parsed(value, takes, |text| account_of_role(text).map(|_| text.to_owned())).map(Some)
}

fn external_id<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@:/-_".contains(&byte);
    let is_id = |text: &str| (2..=1224).contains(&text.len()) && text.bytes().all(is_allowed);
    parsed(value, "2 to 1224 of letters, digits and +=,.@:/-_", |text| is_id(text).then(|| text.to_owned())).map(Some)
}

fn identify_by<'de, D: Deserializer<'de>>(value: D) -> Result<IdentifyBy, D::Error> {
    parsed(value, "\"arn\" or \"name\"", |text| match text {
        "arn" => Some(IdentifyBy::Arn),
        "name" => Some(IdentifyBy::Name),
        _ => None,
    })
}

fn streams<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<StreamArn>, D::Error> {
    array(value, "ARNs of streams in quotes, at least one")
}

fn budget_percent<'de, D: Deserializer<'de>>(value: D) -> Result<u8, D::Error> {
    number(value, 50, "a whole number of percent from 1 to 50")
}

fn speed<'de, D: Deserializer<'de>>(value: D) -> Result<u8, D::Error> {
    number(value, 100, "a whole number from 1 to 100, for a simulator on loopback")
}

/// The account of a role's ARN: `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`.
pub fn account_of_role(arn: &str) -> Option<Account> {
    let mut parts = arn.splitn(6, ':');
    let (arn, partition, service, region, account, resource) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+=,.@_/-".contains(&b));
    let name = resource.strip_prefix("role/").filter(|name| !name.is_empty() && is_plain(name));
    let is_role =
        arn == "arn" && partition.starts_with("aws") && service == "iam" && region.is_empty() && name.is_some();
    account.parse().ok().filter(|account: &Account| is_role && account.is_resolved())
}
