//! Merges values: flags over variables over `keystream.toml` over defaults.

use std::{collections::BTreeMap, io, path::Path};

use clap::Args;
use serde::Deserialize;

use super::{
    declared::{declared, keys},
    error::ConfigError,
    flags::Flags,
    given::{Given, one_line, read},
    oidc_rules,
    settings::Settings,
    target::TargetSettings,
    target_table,
};
use crate::model::access::provider::GroupRule;

/// The merged values, by key.
#[derive(Debug, Default)]
pub struct Layers {
    values: BTreeMap<String, Given>,
    /// The `[[target]]` tables of the file.
    pub tables: Vec<TargetSettings>,
    /// Its `[[oidc.rule]]` tables.
    pub rules: Vec<GroupRule>,
}

impl Layers {
    /// The defaults.
    pub fn new() -> Self {
        let default = |arg: &clap::Arg| {
            let (key, value) =
                (arg.get_id().to_string(), arg.get_default_values().first()?.to_string_lossy().into_owned());
            Some((key.clone(), Given::text(key, value)))
        };
        Self { values: declared::<Settings>().iter().filter_map(default).collect(), ..Self::default() }
    }

    /// Adds a file: the requested one, else `keystream.toml` in the working directory if it exists.
    pub fn add_file(&mut self, asked_for: Option<&Path>) -> Result<(), ConfigError> {
        let path = asked_for.unwrap_or(Path::new("keystream.toml"));
        let shown = path.display().to_string();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && asked_for.is_none() => return Ok(()),
            Err(error) => return Err(ConfigError::File { path: shown, why: error.to_string() }),
        };
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| ConfigError::File {
            path: shown.clone(),
            why: one_line(error.message()),
        })?;
        let known = keys::<Settings>();
        for (key, value) in table {
            if key == "target" {
                self.tables = target_table::parse(&value)?;
            } else if key == "oidc" {
                self.rules = oidc_rules::parse(&value)?;
            } else if known.contains(&key) {
                let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
                self.values.insert(key.clone(), Given::text(format!("{key} in {shown}"), text));
            } else {
                return Err(ConfigError::Unknown { key, known: known.join(", ") });
            }
        }
        Ok(())
    }

    /// Adds the `KEYSTREAM_` variables among these.
    pub fn add_variables(&mut self, variables: impl Iterator<Item = (String, String)>) -> Result<(), ConfigError> {
        let variable = |key: &String| format!("KEYSTREAM_{}", key.to_ascii_uppercase());
        let known = keys::<Settings>();
        for (name, value) in variables.filter(|(name, _)| name.starts_with("KEYSTREAM_")) {
            if let Some(key) = known.iter().find(|key| variable(key) == name) {
                self.values.insert(key.clone(), Given::text(name, value));
            } else if !is_of_a_platform(&name) {
                let known = known.iter().map(variable).collect::<Vec<_>>().join(", ");
                return Err(ConfigError::Unknown { key: name, known });
            }
        }
        Ok(())
    }

    /// Adds the flags.
    pub fn add_flags(&mut self, flags: &Flags) {
        let named = |(key, value): (&String, &String)| {
            (key.clone(), Given::text(format!("--{}", key.replace('_', "-")), value.clone()))
        };
        self.values.extend(flags.0.iter().map(named));
    }

    /// Whether a setting has a value.
    pub fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// The settings of one concern.
    pub fn read<T: Args + for<'de> Deserialize<'de>>(&self) -> Result<T, ConfigError> {
        read(keys::<T>().into_iter().filter_map(|key| Some((key.clone(), self.values.get(&key)?.clone()))))
    }

    /// The error for a value that doesn't go with another one.
    pub fn refused(&self, key: &str, takes: &str) -> ConfigError {
        let given = self.values.get(key).cloned().unwrap_or_else(|| Given::text(key.to_owned(), String::new()));
        given.refused(takes)
    }
}

/// Whether a container platform sets this variable for a service called `keystream` or `keystream-...`.
///
/// Kubernetes sets `KEYSTREAM_SERVICE_HOST`, `KEYSTREAM_SERVICE_PORT` and `KEYSTREAM_SERVICE_PORT_HTTP`. Like Docker's
/// links it also sets `KEYSTREAM_PORT` and `KEYSTREAM_PORT_3000_TCP`, the latter also with `_ADDR`, `_PORT` and
/// `_PROTO` at its end.
fn is_of_a_platform(name: &str) -> bool {
    let is_of_one_port = |(_, rest): (&str, &str)| rest.starts_with(|c: char| c.is_ascii_digit());
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_PORT")
        || name.contains("_SERVICE_PORT_")
        || name.match_indices("_PORT_").any(|(at, part)| is_of_one_port(name.split_at(at + part.len())))
}
