//! The configuration: flags over `KEYSTREAM_*` variables over `keystream.toml` over defaults.
//!
//! A setting is one field of its concern's struct. The field's name is the key in the file; in capitals it is the
//! variable, with dashes the flag. The field's comment is the flag's help, `default_value` its default, and
//! `deserialize_with` names the function that parses it and says what it takes. Unknown keys and bad values refuse to
//! start, with one line that names the key, the value and what it takes.

mod checkpoints;
mod database;
mod error;
mod flags;
mod fleet;
mod layers;
mod listening;
mod metrics;
mod origin;
mod proxies;
mod site;
mod takes;
mod target;
mod target_table;
#[cfg(test)]
mod tests;

use std::{env, ffi::OsString, path::Path};

use clap::Args;

use self::layers::Layers;
pub use self::{
    checkpoints::Checkpoints,
    database::Database,
    error::ConfigError,
    flags::Flags,
    fleet::Fleet,
    listening::Listening,
    metrics::Metrics,
    origin::Origin,
    proxies::Proxies,
    site::Site,
    target::{IdentifyBy, TargetSettings, account_of_role},
};

/// All settings, by concern.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    #[command(flatten)]
    pub listening: Listening,
    #[command(flatten)]
    pub proxies: Proxies,
    #[command(flatten)]
    pub database: Database,
    #[command(flatten)]
    pub fleet: Fleet,
    #[command(flatten)]
    pub metrics: Metrics,
    #[command(flatten)]
    pub site: Site,
    #[command(flatten)]
    pub checkpoints: Checkpoints,
}

impl Settings {
    /// Merges flags, environment and file: the `file` that `--config` names, else `keystream.toml` in the working
    /// directory if it exists.
    ///
    /// # Errors
    /// When a key is unknown, a value is bad, or the file can't be read.
    pub fn load(flags: &Flags, file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut layers = Layers::new();
        layers.add_file(file)?;
        let texts = |(name, value): (OsString, OsString)| {
            Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
        };
        layers.add_variables(env::vars_os().filter_map(texts))?;
        layers.add_flags(flags);
        Self::of(layers)
    }

    fn of(layers: Layers) -> Result<Self, ConfigError> {
        let listening: Listening = layers.read()?;
        listening.check()?;
        let checkpoints: Checkpoints = layers.read()?;
        checkpoints.check(&layers)?;
        let mut settings = Self {
            listening,
            proxies: layers.read()?,
            database: layers.read()?,
            fleet: layers.read()?,
            metrics: layers.read()?,
            site: layers.read()?,
            checkpoints,
        };
        if !layers.has("targets") {
            settings.fleet.targets = layers.tables;
        }
        target_table::check_together(&settings.fleet.targets)?;
        Ok(settings)
    }
}
