//! Reads the settings from wherever they are given.

use std::{env, ffi::OsString, path::Path};

use super::{
    audit_stream::AuditStream, error::ConfigError, flags::Flags, layers::Layers, listening::Listening, oidc::Oidc,
    settings::Settings, target_table,
};

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

    /// Reads the settings from the merged values.
    pub(super) fn of(layers: Layers) -> Result<Self, ConfigError> {
        let listening: Listening = layers.read()?;
        listening.check()?;
        let oidc = Oidc { rules: layers.rules.clone(), ..layers.read()? };
        if let Some((key, takes)) = oidc.incomplete() {
            return Err(layers.refused(key, takes));
        }
        let audit_stream: AuditStream = layers.read()?;
        if let Some((key, takes)) = audit_stream.incomplete() {
            return Err(layers.refused(key, takes));
        }
        let mut settings = Self {
            listening,
            proxies: layers.read()?,
            database: layers.read()?,
            fleet: layers.read()?,
            metrics: layers.read()?,
            site: layers.read()?,
            checkpoints: layers.read()?,
            audit_stream,
            oidc,
            tags: layers.read()?,
        };
        let is_listed = layers.has("targets");
        if !is_listed {
            settings.fleet.targets.clone_from(&layers.tables);
        }
        match target_table::check_together(&settings.fleet.targets) {
            // Where they stand is named, rather than a table that there is none of.
            Err(_) if is_listed => Err(layers.refused("targets", target_table::ONCE)),
            checked => checked.map(|()| settings),
        }
    }
}
