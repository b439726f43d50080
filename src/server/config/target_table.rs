//! The `[[target]]` tables of `keystream.toml`.

use std::collections::HashSet;

use serde::{Deserialize, Deserializer};
use url::Url;

use super::{
    error::ConfigError,
    given::{Given, read},
    takes::array,
    target::{TargetSettings, account_of_role},
};
use crate::model::{
    loopback::is_loopback_host,
    stream::{Account, Region, StreamArn},
};

/// The one key of a table that [`TargetSettings`] lacks: the other keys apply to each of these Regions.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Regions {
    #[serde(deserialize_with = "regions")]
    regions: Vec<Region>,
}

fn regions<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<Region>, D::Error> {
    array(value, "Regions in quotes, such as [\"eu-west-1\", \"us-east-1\"]")
}

/// Reads all tables.
pub fn parse(value: &toml::Value) -> Result<Vec<TargetSettings>, ConfigError> {
    let tables = value.as_array().ok_or_else(|| bad("", &value.to_string(), "a table: write [[target]]"))?;
    let mut targets = Vec::new();
    for table in tables {
        let table = table.as_table().ok_or_else(|| bad("", &table.to_string(), "a table"))?;
        targets.extend(parse_table(table)?);
    }
    Ok(targets)
}

/// Reads one table into one target per Region.
fn parse_table(table: &toml::Table) -> Result<Vec<TargetSettings>, ConfigError> {
    let given =
        |(key, value): (&String, &toml::Value)| (key.clone(), Given::toml(format!("[[target]] {key}"), value.clone()));
    let (of_regions, of_target): (Vec<_>, Vec<_>) = table.iter().map(given).partition(|(key, _)| key == "regions");
    let Regions { mut regions } = read(of_regions.into_iter())?;
    let mut target: TargetSettings = read(of_target.into_iter()).map_err(|error| match error {
        ConfigError::Unknown { key, known } => {
            ConfigError::Unknown { key: format!("[[target]] {key}"), known: format!("{known}, regions") }
        }
        other => other,
    })?;
    regions.splice(..0, target.region.take());
    check_alone(&mut target, &mut regions)?;
    Ok(by_region(&target, &regions))
}

/// What a list of targets takes.
pub const ONCE: &str = "each account and Region once";

/// Refuses an account and Region that is named twice: it would be read and shown twice.
pub fn check_together(targets: &[TargetSettings]) -> Result<(), ConfigError> {
    let mut seen = HashSet::new();
    for target in targets {
        let place = |target: &TargetSettings| {
            let credentials = target.account.is_none().then(|| (target.profile.clone(), target.read_role.clone()));
            (target.account.clone(), target.region.clone(), credentials)
        };
        if !seen.insert(place(target)) {
            let account = target.account.as_ref().map_or(Account::UNRESOLVED, Account::as_str);
            let region = target.region.as_ref().map_or("the SDK's Region", Region::as_str);
            return Err(bad("account", &format!("{account}/{region}"), ONCE));
        }
    }
    Ok(())
}

/// Checks the keys of one table against each other.
fn check_alone(target: &mut TargetSettings, regions: &mut Vec<Region>) -> Result<(), ConfigError> {
    let has_role = target.read_role.is_some() || target.change_role.is_some();
    if let Some(id) = target.external_id.as_ref().filter(|_| !has_role) {
        return Err(bad("external_id", id, "a read_role or change_role beside it"));
    }
    check_streams(target, regions)?;
    if target.account.is_none() {
        target.account = target.read_role.as_deref().and_then(account_of_role);
    }
    // A change by name would act in the account of its role, whatever was read.
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
        return Err(bad(
            "speed",
            &target.speed.to_string(),
            "an endpoint on loopback beside it: AWS's limits are as they are",
        ));
    }
    Ok(())
}

/// Checks that the streams are of the target's account and Regions, and takes both from them where the table has
/// neither.
fn check_streams(target: &mut TargetSettings, regions: &mut Vec<Region>) -> Result<(), ConfigError> {
    let Some(first) = target.streams.first() else { return Ok(()) };
    let account = target.account.get_or_insert_with(|| first.account.clone());
    if regions.is_empty() {
        regions.push(first.region.clone());
    }
    let is_of_target = |arn: &&StreamArn| {
        arn.account == *account && regions.contains(&arn.region) && arn.partition == arn.region.partition()
    };
    if let Some(other) = target.streams.iter().find(|arn| !is_of_target(arn)) {
        return Err(bad("streams", &other.to_string(), "streams of the target's own account and Regions"));
    }
    if let Some(region) = regions.iter().find(|region| !target.streams.iter().any(|arn| arn.region == **region)) {
        return Err(bad("regions", region.as_str(), "Regions of the streams that are named beside it"));
    }
    Ok(())
}

fn by_region(target: &TargetSettings, regions: &[Region]) -> Vec<TargetSettings> {
    if regions.is_empty() {
        return vec![target.clone()];
    }
    let of = |region: &Region| TargetSettings {
        region: Some(region.clone()),
        name: target
            .name
            .as_ref()
            .map(|name| if regions.len() == 1 { name.clone() } else { format!("{name} {region}") }),
        streams: target.streams.iter().filter(|arn| arn.region == *region).cloned().collect(),
        ..target.clone()
    };
    regions.iter().map(of).collect()
}

fn bad(key: &str, value: &str, takes: &str) -> ConfigError {
    ConfigError::Value {
        key: format!("[[target]] {key}").trim_end().to_owned(),
        value: value.to_owned(),
        takes: takes.to_owned(),
    }
}

/// Whether a URL's host is this machine.
pub fn is_loopback(endpoint: &str) -> bool {
    Url::parse(endpoint).is_ok_and(|url| url.host_str().is_some_and(is_loopback_host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::config::IdentifyBy;

    fn tables(text: &str) -> Result<Vec<TargetSettings>, String> {
        let table: toml::Table = text.parse().unwrap();
        let targets = parse(&table["target"]).map_err(|error| error.to_string())?;
        check_together(&targets).map_err(|error| error.to_string())?;
        Ok(targets)
    }

    #[test]
    fn a_table_is_one_target_per_region() {
        let targets = tables(
            "[[target]]\nname = \"payments\"\nregions = [\"eu-west-1\", \"us-east-1\"]\nproduction = true\nread_role = \
             \"arn:aws:iam::111122223333:role/see\"\n\
             change_role = \"arn:aws:iam::111122223333:role/ops/change\"\nexternal_id = \"abc\"\nfips = \
                 true\nidentify_by = \"name\"\nbudget_percent = 50\n",
        )
        .unwrap();
        let names: Vec<_> = targets
            .iter()
            .map(|target| (target.name.as_deref().unwrap(), target.region.as_ref().unwrap().as_str()))
            .collect();
        assert_eq!(names, [("payments eu-west-1", "eu-west-1"), ("payments us-east-1", "us-east-1")]);
        let first = &targets[0];
        assert_eq!(first.account.as_ref().unwrap().as_str(), "111122223333", "of the role");
        assert_eq!((first.is_fips, first.identify_by, first.budget_percent), (true, IdentifyBy::Name, 50));
        assert!(!first.refuses_changes());
    }

    #[test]
    fn a_target_that_reads_in_a_role_and_has_none_for_changes_is_read_only() {
        let targets =
            tables("[[target]]\nregion = \"eu-west-1\"\nread_role = \"arn:aws:iam::111122223333:role/see\"\n").unwrap();
        assert!(targets[0].refuses_changes());
    }

    #[test]
    fn streams_say_where_they_are() {
        let arn = |region: &str| {
            format!("arn:{}:kinesis:{region}:111122223333:stream/a", region.parse::<Region>().unwrap().partition())
        };
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
            (
                "account = \"444455556666\"\nread_role = \"arn:aws:iam::111122223333:role/see\"",
                "a role of the target's own account",
            ),
        ] {
            let said = tables(&format!("[[target]]\n{line}\n")).unwrap_err();
            assert!(said.contains(says) && !said.contains('\n'), "{line}: {said}");
        }
        let abroad = [
            "read_role = \"arn:aws:iam::111122223333:role/see\"\nchange_role = \
            \"arn:aws:iam::444455556666:role/change\"",
            "streams = [\"arn:aws:kinesis:eu-west-1:111122223333:stream/a\"]\nchange_role = \
            \"arn:aws:iam::444455556666:role/change\"",
        ];
        for lines in abroad {
            let said = tables(&format!("[[target]]\n{lines}\n")).unwrap_err();
            assert!(
                said.contains("change_role: ") && said.contains("a role of the target's own account"),
                "{lines}: {said}"
            );
        }
        let twice = "[[target]]\naccount = \"111122223333\"\nregion = \"eu-west-1\"\n".repeat(2);
        assert!(tables(&twice).unwrap_err().contains("each account and Region once"));
        let local = "[[target]]\nendpoint = \"http://127.0.0.1:4566\"\nspeed = 10\n";
        assert_eq!(tables(local).unwrap()[0].speed, 10);
    }
}
