//! The `[[oidc.rule]]` tables of `keystream.toml`: what the members of a group of the provider may do.

use serde::{Deserialize, Deserializer};

use super::{
    error::ConfigError,
    given::{Given, read},
    takes::parsed,
};
use crate::model::access::{identity::Role, provider::GroupRule, scope::Scope};

const GROUP: &str = "a group as the provider names it, 1 to 500 characters";
const ROLE: &str = "viewer, operator, auditor or admin";
const SCOPE: &str = "* for all streams, or up to 20 patterns such as 111122223333/eu-west-1/orders-*, by comma";
/// The most rules.
const MOST: usize = 500;

/// One table. The fields are its keys.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Table {
    #[serde(deserialize_with = "group")]
    group: Option<String>,
    #[serde(deserialize_with = "role")]
    role: Option<Role>,
    #[serde(deserialize_with = "scope")]
    scope: Option<Scope>,
}

/// Reads the rules from the table `oidc`, in the order of the file.
pub fn parse(oidc: &toml::Value) -> Result<Vec<GroupRule>, ConfigError> {
    let refused = |value: &toml::Value, takes: &str| Err(Given::toml("oidc".to_owned(), value.clone()).refused(takes));
    let Some(table) = oidc.as_table() else { return refused(oidc, "tables: write [[oidc.rule]]") };
    if let Some(key) = table.keys().find(|key| *key != "rule") {
        return Err(ConfigError::Unknown { key: format!("oidc.{key}"), known: "oidc_..., [[oidc.rule]]".to_owned() });
    }
    match table.get("rule").and_then(toml::Value::as_array) {
        Some(rules) if rules.len() <= MOST => rules.iter().map(parse_rule).collect(),
        _ => refused(oidc, "up to 500 tables: write [[oidc.rule]]"),
    }
}

fn parse_rule(rule: &toml::Value) -> Result<GroupRule, ConfigError> {
    let named = |key: &str| format!("[[oidc.rule]] {key}");
    let Some(table) = rule.as_table() else {
        return Err(Given::toml("oidc.rule".to_owned(), rule.clone()).refused("a table: write [[oidc.rule]]"));
    };
    let given = table.iter().map(|(key, value)| (key.clone(), Given::toml(named(key), value.clone())));
    let Table { group, role, scope } = read(given).map_err(|error| match error {
        ConfigError::Unknown { key, known } => ConfigError::Unknown { key: named(&key), known },
        other => other,
    })?;
    let missing = |key: &str, takes: &str| Given::text(named(key), String::new()).refused(takes);
    Ok(GroupRule {
        group: group.ok_or_else(|| missing("group", GROUP))?,
        role: role.ok_or_else(|| missing("role", ROLE))?,
        scope: scope.ok_or_else(|| missing("scope", SCOPE))?,
    })
}

fn group<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    let is_group = |text: &str| (1..=500).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    parsed(value, GROUP, |text| is_group(text).then(|| text.to_owned())).map(Some)
}

fn role<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Role>, D::Error> {
    parsed(value, ROLE, |text| text.parse().ok()).map(Some)
}

fn scope<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Scope>, D::Error> {
    parsed(value, SCOPE, |text| Scope::parse(text).ok()).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Result<Vec<GroupRule>, String> {
        let file: toml::Table = text.parse().unwrap();
        parse(&file["oidc"]).map_err(|error| error.to_string())
    }

    #[test]
    fn rules_keep_their_order() {
        let parsed = rules(
            "[[oidc.rule]]\ngroup = \"b\"\nrole = \"admin\"\nscope = \"*\"\n\
             [[oidc.rule]]\ngroup = \"a\"\nrole = \"viewer\"\nscope = \"111122223333/*/orders-*\"\n",
        )
        .unwrap();
        let groups: Vec<&str> = parsed.iter().map(|rule| rule.group.as_str()).collect();
        assert_eq!(groups, ["b", "a"]);
        assert_eq!((parsed[0].role, parsed[1].role), (Role::Admin, Role::Viewer));
        assert_eq!(parsed[1].scope, Scope::parse("111122223333/*/orders-*").unwrap());
    }

    #[test]
    fn a_bad_rule_names_its_key() {
        let rule = "[[oidc.rule]]\ngroup = \"a\"\nrole = \"viewer\"\nscope = \"*\"\n";
        for (text, begins) in [
            (rule.replace("\"viewer\"", "\"owner\""), "[[oidc.rule]] role: \u{201c}\"owner\"\u{201d}"),
            (rule.replace("\"*\"", "\"eu-west-1\""), "[[oidc.rule]] scope"),
            (rule.replace("\"a\"", "\"\""), "[[oidc.rule]] group"),
            (rule.replace("\"a\"", "7"), "[[oidc.rule]] group"),
            (rule.replace("role = \"viewer\"\n", ""), "[[oidc.rule]] role"),
            (format!("{rule}scopes = \"*\"\n"), "[[oidc.rule]] scopes is not a setting"),
            ("[oidc]\nissuer = \"https://x\"\n".to_owned(), "oidc.issuer is not a setting"),
            ("[oidc]\nrule = 1\n".to_owned(), "oidc: "),
            ("oidc = 1\n".to_owned(), "oidc: "),
        ] {
            let said = rules(&text).unwrap_err();
            assert!(said.starts_with(begins) && !said.contains('\n'), "{said}");
        }
    }
}
