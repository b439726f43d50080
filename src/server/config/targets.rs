//! The targets of the configuration: `KEYSTREAM_TARGETS`, or the `[[target]]` tables of `keystream.toml`, which say more.

use std::{collections::HashSet, str::FromStr};

use url::{Host, Url};

use super::ConfigError;
use crate::model::stream::{Account, Region, StreamArn};

/// One target: an account in a Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetSettings {
    pub account: Option<Account>,
    pub region: Option<Region>,
    pub name: Option<String>,
    pub is_production: bool,
    pub is_read_only: bool,
    pub profile: Option<String>,
    pub endpoint: Option<String>,
    /// The ARN of the role that is assumed to read.
    pub read_role: Option<String>,
    /// The ARN of the role that is assumed to send a change.
    pub change_role: Option<String>,
    /// What the roles' trust policies ask for.
    pub external_id: Option<String>,
    /// Whether AWS's FIPS endpoints are used.
    pub is_fips: bool,
    pub identify_by: IdentifyBy,
    /// The streams of the target where listing is denied; empty where AWS is asked.
    pub streams: Vec<StreamArn>,
    /// The part of AWS's call limits that is used.
    pub budget_percent: u8,
    /// How many times AWS's call limits a simulator on loopback allows.
    pub speed: u8,
    /// The demo's credentials: an access key id that the simulator takes for an account. Not configurable.
    pub simulator_access_key: Option<String>,
    /// Read in place of the SDK's own files.
    #[cfg(test)]
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
    /// Whether changes are refused: by order, or because its reads are made in a role and none is named for changes.
    pub const fn refuses_changes(&self) -> bool {
        self.is_read_only || (self.read_role.is_some() && self.change_role.is_none())
    }
}

/// The keys of a `[[target]]`.
const KNOWN: [&str; 16] = [
    "account",
    "region",
    "regions",
    "name",
    "production",
    "read_only",
    "profile",
    "endpoint",
    "read_role",
    "change_role",
    "external_id",
    "fips",
    "identify_by",
    "streams",
    "budget_percent",
    "speed",
];

/// `123456789012/us-east-1`, or `self/us-east-1`.
pub(super) fn parse_short(text: &str) -> Option<TargetSettings> {
    let (account, region) = text.split_once('/')?;
    let account: Account = account.parse().ok()?;
    let account = account.is_resolved().then_some(account);
    Some(TargetSettings { account, region: Some(region.parse().ok()?), ..TargetSettings::default() })
}

/// The `[[target]]` tables of a file.
pub(super) fn parse_tables(value: &toml::Value) -> Result<Vec<TargetSettings>, ConfigError> {
    let tables = value.as_array().ok_or_else(|| bad("", &value.to_string(), "a table: write [[target]]"))?;
    let mut targets = Vec::new();
    for table in tables {
        let table = table.as_table().ok_or_else(|| bad("", &table.to_string(), "a table"))?;
        targets.extend(parse_table(table)?);
    }
    Ok(targets)
}

/// Refuses what no single target shows: the same account and Region twice would be read and shown twice.
pub(super) fn check_together(targets: &[TargetSettings]) -> Result<(), ConfigError> {
    let mut seen = HashSet::new();
    for target in targets {
        let place = |target: &TargetSettings| {
            let credentials = target.account.is_none().then(|| (target.profile.clone(), target.read_role.clone()));
            (target.account.clone(), target.region.clone(), credentials)
        };
        if !seen.insert(place(target)) {
            let account = target.account.as_ref().map_or(Account::UNRESOLVED, Account::as_str);
            let region = target.region.as_ref().map_or("the SDK's Region", Region::as_str);
            return Err(bad("account", &format!("{account}/{region}"), "each account and Region once"));
        }
    }
    Ok(())
}

fn bad(key: &str, value: &str, takes: &'static str) -> ConfigError {
    ConfigError::Value { key: format!("[[target]] {key}").trim_end().to_owned(), value: value.to_owned(), takes }
}

/// A value of a table, with its key for the error.
struct Field<'a> {
    key: &'a str,
    value: &'a toml::Value,
}

impl Field<'_> {
    fn bad(&self, takes: &'static str) -> ConfigError {
        bad(self.key, &self.value.to_string(), takes)
    }

    fn text(&self) -> Result<String, ConfigError> {
        let text = self.value.as_str().map(str::trim).filter(|text| !text.is_empty());
        text.map(ToOwned::to_owned).ok_or_else(|| self.bad("a text in quotes"))
    }

    fn parsed<T: FromStr>(&self, takes: &'static str) -> Result<T, ConfigError> {
        self.text()?.parse().map_err(|_| self.bad(takes))
    }

    fn truth(&self) -> Result<bool, ConfigError> {
        self.value.as_bool().ok_or_else(|| self.bad("true or false"))
    }

    fn number(&self, most: u8, takes: &'static str) -> Result<u8, ConfigError> {
        let number = self.value.as_integer().and_then(|number| u8::try_from(number).ok());
        number.filter(|number| (1..=most).contains(number)).ok_or_else(|| self.bad(takes))
    }

    fn list<T: FromStr>(&self, takes: &'static str) -> Result<Vec<T>, ConfigError> {
        let values = self.value.as_array().filter(|values| !values.is_empty()).ok_or_else(|| self.bad(takes))?;
        values.iter().map(|value| value.as_str().and_then(|text| text.parse().ok()).ok_or_else(|| self.bad(takes))).collect()
    }

    fn role(&self) -> Result<String, ConfigError> {
        let role = self.text()?;
        let is_role = account_of_role(&role).is_some();
        if is_role { Ok(role) } else { Err(self.bad("a role's ARN, such as arn:aws:iam::111122223333:role/keystream")) }
    }

    fn endpoint(&self) -> Result<String, ConfigError> {
        let endpoint = self.text()?;
        let is_endpoint = Url::parse(&endpoint).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if is_endpoint { Ok(endpoint) } else { Err(self.bad("a URL of http or https")) }
    }

    fn external_id(&self) -> Result<String, ConfigError> {
        let id = self.text()?;
        let is_id = (2..=1224).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"+=,.@:/-_".contains(&b));
        if is_id { Ok(id) } else { Err(self.bad("2 to 1224 of letters, digits and +=,.@:/-_")) }
    }
}

/// One table: as many targets as it has Regions.
fn parse_table(table: &toml::Table) -> Result<Vec<TargetSettings>, ConfigError> {
    let mut target = TargetSettings::default();
    let mut regions: Vec<Region> = Vec::new();
    for (key, value) in table {
        let field = Field { key, value };
        match key.as_str() {
            "account" => target.account = Some(field.parsed("an account's 12 digits, in quotes")?),
            "region" => regions.push(field.parsed("a Region, such as eu-west-1")?),
            "regions" => regions.extend(field.list::<Region>("Regions in quotes, such as [\"eu-west-1\", \"us-east-1\"]")?),
            "name" => target.name = Some(field.text()?),
            "production" => target.is_production = field.truth()?,
            "read_only" => target.is_read_only = field.truth()?,
            "profile" => target.profile = Some(field.text()?),
            "endpoint" => target.endpoint = Some(field.endpoint()?),
            "read_role" => target.read_role = Some(field.role()?),
            "change_role" => target.change_role = Some(field.role()?),
            "external_id" => target.external_id = Some(field.external_id()?),
            "fips" => target.is_fips = field.truth()?,
            "identify_by" => {
                target.identify_by = match field.text()?.as_str() {
                    "arn" => IdentifyBy::Arn,
                    "name" => IdentifyBy::Name,
                    _ => return Err(field.bad("\"arn\" or \"name\"")),
                }
            }
            "streams" => target.streams = field.list("ARNs of streams in quotes, at least one")?,
            "budget_percent" => target.budget_percent = field.number(50, "a whole number of percent from 1 to 50")?,
            "speed" => target.speed = field.number(100, "a whole number from 1 to 100, for a simulator on loopback")?,
            _ => {
                let known = KNOWN.join(", ");
                return Err(ConfigError::Unknown { key: format!("[[target]] {key}"), known });
            }
        }
    }
    check_alone(&mut target, &mut regions)?;
    Ok(by_region(&target, &regions))
}

/// What the keys of one table ask of each other.
fn check_alone(target: &mut TargetSettings, regions: &mut Vec<Region>) -> Result<(), ConfigError> {
    let has_role = target.read_role.is_some() || target.change_role.is_some();
    if let Some(id) = target.external_id.as_ref().filter(|_| !has_role) {
        return Err(bad("external_id", id, "a read_role or change_role beside it"));
    }
    if let Some(first) = target.streams.first() {
        let account = target.account.get_or_insert_with(|| first.account.clone());
        if regions.is_empty() {
            regions.push(first.region.clone());
        }
        let is_of_target =
            |arn: &&StreamArn| arn.account == *account && regions.contains(&arn.region) && arn.partition == arn.region.partition();
        if let Some(other) = target.streams.iter().find(|arn| !is_of_target(arn)) {
            return Err(bad("streams", &other.to_string(), "streams of the target's own account and Regions"));
        }
        if let Some(region) = regions.iter().find(|region| !target.streams.iter().any(|arn| arn.region == **region)) {
            return Err(bad("regions", region.as_str(), "Regions of the streams that are named beside it"));
        }
    }
    if target.account.is_none() {
        target.account = target.read_role.as_deref().and_then(account_of_role);
    }
    // By name, a change would act in the account of its role, whatever was read.
    for (key, role) in [("read_role", &target.read_role), ("change_role", &target.change_role)] {
        let of = role.as_deref().and_then(account_of_role);
        if let (Some(role), Some(of), Some(account)) = (role, of, &target.account)
            && of != *account
        {
            return Err(bad(key, role, "a role of the target's own account"));
        }
    }
    let is_local = target.endpoint.as_deref().is_some_and(is_loopback);
    if target.speed != 1 && !is_local {
        return Err(bad("speed", &target.speed.to_string(), "an endpoint on loopback beside it: AWS's limits are as they are"));
    }
    Ok(())
}

fn by_region(target: &TargetSettings, regions: &[Region]) -> Vec<TargetSettings> {
    if regions.is_empty() {
        return vec![target.clone()];
    }
    let of = |region: &Region| TargetSettings {
        region: Some(region.clone()),
        name: target.name.as_ref().map(|name| if regions.len() == 1 { name.clone() } else { format!("{name} {region}") }),
        streams: target.streams.iter().filter(|arn| arn.region == *region).cloned().collect(),
        ..target.clone()
    };
    regions.iter().map(of).collect()
}

/// The account of a role's ARN: `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`.
pub fn account_of_role(arn: &str) -> Option<Account> {
    let mut parts = arn.splitn(6, ':');
    let (arn, partition, service, region, account, resource) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+=,.@_/-".contains(&b));
    let name = resource.strip_prefix("role/").filter(|name| !name.is_empty() && is_plain(name));
    let is_role = arn == "arn" && partition.starts_with("aws") && service == "iam" && region.is_empty() && name.is_some();
    account.parse().ok().filter(|account: &Account| is_role && account.is_resolved())
}

fn is_loopback(endpoint: &str) -> bool {
    Url::parse(endpoint).is_ok_and(|url| match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(text: &str) -> Result<Vec<TargetSettings>, String> {
        let table: toml::Table = text.parse().unwrap();
        let targets = parse_tables(&table["target"]).map_err(|error| error.to_string())?;
        check_together(&targets).map_err(|error| error.to_string())?;
        Ok(targets)
    }

    #[test]
    fn a_table_is_one_target_per_region() {
        let targets = tables(
            "[[target]]\nname = \"payments\"\nregions = [\"eu-west-1\", \"us-east-1\"]\nproduction = true\nread_role = \"arn:aws:iam::111122223333:role/see\"\n\
             change_role = \"arn:aws:iam::111122223333:role/ops/change\"\nexternal_id = \"abc\"\nfips = true\nidentify_by = \"name\"\nbudget_percent = 50\n",
        )
        .unwrap();
        let names: Vec<_> =
            targets.iter().map(|target| (target.name.as_deref().unwrap(), target.region.as_ref().unwrap().as_str())).collect();
        assert_eq!(names, [("payments eu-west-1", "eu-west-1"), ("payments us-east-1", "us-east-1")]);
        let first = &targets[0];
        assert_eq!(first.account.as_ref().unwrap().as_str(), "111122223333", "of the role");
        assert_eq!((first.is_fips, first.identify_by, first.budget_percent), (true, IdentifyBy::Name, 50));
        assert!(!first.refuses_changes());
    }

    #[test]
    fn a_target_that_reads_in_a_role_and_has_none_for_changes_is_read_only() {
        let targets = tables("[[target]]\nregion = \"eu-west-1\"\nread_role = \"arn:aws:iam::111122223333:role/see\"\n").unwrap();
        assert!(targets[0].refuses_changes());
    }

    #[test]
    fn streams_say_where_they_are() {
        let arn = |region: &str| format!("arn:{}:kinesis:{region}:111122223333:stream/a", region.parse::<Region>().unwrap().partition());
        let targets = tables(&format!("[[target]]\nstreams = [\"{}\"]\n", arn("cn-north-1"))).unwrap();
        assert_eq!((targets[0].region.as_ref().unwrap().as_str(), targets[0].streams.len()), ("cn-north-1", 1));
        let both = format!(
            "[[target]]\nregions = [\"eu-west-1\", \"us-east-1\"]\nstreams = [\"{}\", \"{}\"]\n",
            arn("eu-west-1"),
            arn("us-east-1")
        );
        assert_eq!(tables(&both).unwrap()[1].streams[0].region.as_str(), "us-east-1");
        let elsewhere = format!("[[target]]\nregion = \"eu-west-1\"\nstreams = [\"{}\"]\n", arn("us-east-1"));
        assert!(tables(&elsewhere).unwrap_err().contains("of the target's own account and Regions"));
        let partition = "[[target]]\nstreams = [\"arn:aws:kinesis:cn-north-1:111122223333:stream/a\"]\n";
        assert!(tables(partition).is_err(), "China's Regions are of another partition");
    }

    #[test]
    fn bad_values_are_named_with_what_the_key_takes() {
        for (line, says) in [
            ("regoin = \"x\"", "[[target]] regoin is not a setting of Keystream"),
            ("account = 111122223333", "[[target]] account: "),
            ("regions = []", "[[target]] regions: "),
            ("regions = [\"EU\"]", "Regions in quotes"),
            ("name = \" \"", "a text in quotes"),
            ("endpoint = \"ftp://x\"", "a URL of http or https"),
            ("endpoint = \"nowhere\"", "a URL of http or https"),
            ("read_role = \"role/see\"", "a role's ARN"),
            ("read_role = \"arn:aws:iam::12:role/see\"", "a role's ARN"),
            ("change_role = \"arn:aws:sts::111122223333:role/see\"", "a role's ARN"),
            ("external_id = \"abc\"", "a read_role or change_role beside it"),
            ("fips = \"yes\"", "true or false"),
            ("identify_by = \"id\"", "\"arn\" or \"name\""),
            ("streams = []", "ARNs of streams"),
            ("streams = [\"orders\"]", "ARNs of streams"),
            ("budget_percent = 51", "from 1 to 50"),
            ("budget_percent = 0", "from 1 to 50"),
            ("budget_percent = 25.5", "from 1 to 50"),
            ("speed = 10", "an endpoint on loopback beside it"),
            ("speed = 10\nendpoint = \"https://kinesis.example\"", "an endpoint on loopback beside it"),
            ("account = \"444455556666\"\nread_role = \"arn:aws:iam::111122223333:role/see\"", "a role of the target's own account"),
        ] {
            let said = tables(&format!("[[target]]\n{line}\n")).unwrap_err();
            assert!(said.contains(says) && !said.contains('\n'), "{line}: {said}");
        }
        let abroad = [
            "read_role = \"arn:aws:iam::111122223333:role/see\"\nchange_role = \"arn:aws:iam::444455556666:role/change\"",
            "streams = [\"arn:aws:kinesis:eu-west-1:111122223333:stream/a\"]\nchange_role = \"arn:aws:iam::444455556666:role/change\"",
        ];
        for lines in abroad {
            let said = tables(&format!("[[target]]\n{lines}\n")).unwrap_err();
            assert!(said.contains("change_role: ") && said.contains("a role of the target's own account"), "{lines}: {said}");
        }
        let twice = "[[target]]\naccount = \"111122223333\"\nregion = \"eu-west-1\"\n".repeat(2);
        assert!(tables(&twice).unwrap_err().contains("each account and Region once"));
        let local = "[[target]]\nendpoint = \"http://127.0.0.1:4566\"\nspeed = 10\n";
        assert_eq!(tables(local).unwrap()[0].speed, 10);
    }
}
