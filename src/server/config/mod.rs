//! The configuration: flags over `KEYSTREAM_*` over `keystream.toml` over defaults. Anything that is not understood
//! refuses to start with one line that names the key and what it takes.

mod origin;
mod targets;

use std::{collections::BTreeMap, env, net::SocketAddr, path::PathBuf};

use ipnet::IpNet;
use thiserror::Error;

pub use self::{
    origin::Origin,
    targets::{IdentifyBy, TargetSettings, account_of_role},
};
use super::adapters::store::{is_postgres, without_password};

/// What `serve` needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address to serve on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The exact origin that browsers use; derived from the bound address when not configured.
    pub public_url: Option<Origin>,
    /// Networks whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    pub database_url: String,
    pub targets: Vec<TargetSettings>,
    /// Refuses every change, on the server.
    pub read_only: bool,
    pub metrics_listen: Option<SocketAddr>,
    /// The built site: `pkg` and the files of `public`.
    pub site_root: Option<PathBuf>,
    /// The key that signs checkpoints of the audit chain, and the file to which they are added.
    pub checkpoints: Option<CheckpointSettings>,
}

/// Where checkpoints come from and go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointSettings {
    pub key: PathBuf,
    pub file: PathBuf,
}

/// A setting that was not understood.
#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("{key}: \u{201c}{value}\u{201d} is not understood; it takes {takes}")]
    Value { key: String, value: String, takes: &'static str },
    #[error("{key} is not a setting of Keystream; the settings are {known}")]
    Unknown { key: String, known: String },
    #[error("{path}: {why}")]
    File { path: String, why: String },
    #[error(
        "KEYSTREAM_PUBLIC_URL must be set to the https origin that browsers use: plain http is served on loopback only, and {0} is not loopback"
    )]
    PlainHttp(SocketAddr),
}

/// The settings by name: the key in `keystream.toml`, and what it takes. `KEYSTREAM_` and the key in capitals is the variable.
const KNOWN: [(&str, &str); 10] = [
    ("listen", "an address and a port, such as 127.0.0.1:3000"),
    ("public_url", "the origin that browsers use, such as https://keystream.example; plain http on loopback only"),
    ("trusted_proxies", "networks by comma, such as 10.0.0.0/8,fd00::/8"),
    ("database_url", "sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE"),
    ("targets", "ACCOUNT/REGION by comma, such as 123456789012/us-east-1"),
    ("read_only", "true or false"),
    ("metrics_listen", "an address and a port, such as 127.0.0.1:9100"),
    ("site_root", "the directory of the built site"),
    ("checkpoint_key", "the file of a key that `keystream audit key` made, together with checkpoint_file"),
    ("checkpoint_file", "the file to which checkpoints of the audit chain are added, together with checkpoint_key"),
];

/// Variables that container platforms set for a service that is called `keystream`; they are not ours.
const FOREIGN_PREFIXES: [&str; 2] = ["KEYSTREAM_SERVICE_", "KEYSTREAM_PORT"];

/// Values of settings by key, with the name under which people know them (`--listen`, `KEYSTREAM_LISTEN`, `listen` in a file).
type Layer = BTreeMap<&'static str, (String, String)>;

impl Settings {
    /// Merges flags, environment and file. `file` is the one asked for by `--config`; otherwise `keystream.toml` in the
    /// working directory is read if it is there.
    ///
    /// # Errors
    /// When a key is unknown or a value is not understood.
    pub fn load(flags: &[(&'static str, Option<String>)], file: Option<&PathBuf>) -> Result<Self, ConfigError> {
        let (mut values, file_targets) = read_file(file)?;
        values.extend(read_environment(
            env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))),
        )?);
        for (key, value) in flags {
            if let Some(value) = value {
                values.insert(key, (format!("--{}", key.replace('_', "-")), value.clone()));
            }
        }
        Self::from_values(&values, file_targets)
    }

    fn from_values(values: &Layer, file_targets: Vec<TargetSettings>) -> Result<Self, ConfigError> {
        let text = |key: &str| values.get(key).map(|(_, value)| value.trim());
        let bad = |key: &str| {
            let (name, value) = values.get(key).cloned().unwrap_or_default();
            let takes = KNOWN.iter().find(|(known, _)| *known == key).map_or("", |(_, takes)| takes);
            ConfigError::Value { key: name, value: without_password(&value), takes }
        };
        let address = |key: &str| text(key).map(|value| value.parse().map_err(|_| bad(key))).transpose();
        let listen = address("listen")?.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 3000)));
        let public_url = text("public_url").map(|value| Origin::parse(value).ok_or_else(|| bad("public_url"))).transpose()?;
        if public_url.is_none() && !listen.ip().is_loopback() {
            return Err(ConfigError::PlainHttp(listen));
        }
        let trusted_proxies = text("trusted_proxies")
            .map(|value| parts(value).map(parse_network).collect::<Option<Vec<_>>>().ok_or_else(|| bad("trusted_proxies")))
            .transpose()?
            .unwrap_or_default();
        let listed_targets = text("targets")
            .map(|value| parts(value).map(targets::parse_short).collect::<Option<Vec<_>>>().ok_or_else(|| bad("targets")))
            .transpose()?;
        let read_only = match text("read_only") {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(bad("read_only")),
        };
        let database_url = text("database_url").unwrap_or("sqlite://keystream.db");
        if !database_url.starts_with("sqlite://") && !is_postgres(database_url) {
            return Err(bad("database_url"));
        }
        let checkpoints = match (text("checkpoint_key"), text("checkpoint_file")) {
            (None | Some(""), None | Some("")) => None,
            (Some(key), Some(file)) if !key.is_empty() && !file.is_empty() => {
                Some(CheckpointSettings { key: PathBuf::from(key), file: PathBuf::from(file) })
            }
            (None, _) => return Err(bad("checkpoint_file")),
            _ => return Err(bad("checkpoint_key")),
        };
        let targets = listed_targets.unwrap_or(file_targets);
        targets::check_together(&targets)?;
        Ok(Self {
            listen,
            public_url,
            trusted_proxies,
            database_url: database_url.to_owned(),
            targets,
            read_only,
            metrics_listen: address("metrics_listen")?,
            checkpoints,
            site_root: text("site_root").map(PathBuf::from),
        })
    }
}

fn parts(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|part| !part.is_empty())
}

fn parse_network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse().ok().map(|address: std::net::IpAddr| IpNet::from(address)))
}

fn read_environment(variables: impl Iterator<Item = (String, String)>) -> Result<Layer, ConfigError> {
    let mut layer = Layer::new();
    for (name, value) in variables {
        let Some(key) = name.strip_prefix("KEYSTREAM_") else { continue };
        if FOREIGN_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
            continue;
        }
        let known = KNOWN.iter().find(|(known, _)| known.to_ascii_uppercase() == key).ok_or_else(|| unknown(&name, "KEYSTREAM_", true))?;
        layer.insert(known.0, (name, value));
    }
    Ok(layer)
}

fn unknown(key: &str, prefix: &str, in_capitals: bool) -> ConfigError {
    let name = |known: &str| format!("{prefix}{}", if in_capitals { known.to_ascii_uppercase() } else { known.to_owned() });
    ConfigError::Unknown { key: key.to_owned(), known: KNOWN.map(|(known, _)| name(known)).join(", ") }
}

fn read_file(asked_for: Option<&PathBuf>) -> Result<(Layer, Vec<TargetSettings>), ConfigError> {
    let path = asked_for.cloned().unwrap_or_else(|| PathBuf::from("keystream.toml"));
    let shown = path.display().to_string();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && asked_for.is_none() => return Ok((Layer::new(), Vec::new())),
        Err(error) => return Err(ConfigError::File { path: shown, why: error.to_string() }),
    };
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| ConfigError::File { path: shown.clone(), why: error.message().replace('\n', " ") })?;
    let mut layer = Layer::new();
    let mut targets = Vec::new();
    for (key, value) in table {
        if key == "target" {
            targets = targets::parse_tables(&value)?;
            continue;
        }
        let known = KNOWN.iter().find(|(known, _)| *known == key).ok_or_else(|| unknown(&key, "", false))?;
        let text = match value {
            toml::Value::String(text) => text,
            other => other.to_string(),
        };
        layer.insert(known.0, (format!("{key} in {shown}"), text));
    }
    Ok((layer, targets))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(values: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        let variables = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::from_values(&read_environment(variables)?, Vec::new())
    }

    #[test]
    fn nothing_configured_is_the_documented_default() {
        let defaults = settings(&[]).unwrap();
        assert_eq!(defaults.listen.to_string(), "127.0.0.1:3000");
        assert_eq!(defaults.database_url, "sqlite://keystream.db");
        assert!(!defaults.read_only && defaults.targets.is_empty() && defaults.public_url.is_none());
    }

    #[test]
    fn each_bad_value_names_its_key_and_what_it_takes() {
        for (name, value) in [
            ("KEYSTREAM_LISTEN", "3000"),
            ("KEYSTREAM_PUBLIC_URL", "http://keystream.example"),
            ("KEYSTREAM_PUBLIC_URL", "https://keystream.example/app"),
            ("KEYSTREAM_PUBLIC_URL", "ftp://localhost"),
            ("KEYSTREAM_TRUSTED_PROXIES", "10.0.0.0/33"),
            ("KEYSTREAM_DATABASE_URL", "mysql://x"),
            ("KEYSTREAM_TARGETS", "eu-west-1"),
            ("KEYSTREAM_TARGETS", "12345/eu-west-1"),
            ("KEYSTREAM_READ_ONLY", "yes"),
            ("KEYSTREAM_METRICS_LISTEN", "off"),
        ] {
            let message = settings(&[(name, value)]).unwrap_err().to_string();
            assert!(message.starts_with(&format!("{name}: \u{201c}{value}\u{201d} is not understood; it takes ")), "{message}");
            assert!(!message.contains('\n'));
        }
    }

    #[test]
    fn unknown_keys_refuse_to_start_but_a_platforms_own_do_not() {
        let message = settings(&[("KEYSTREAM_LISTNE", "127.0.0.1:1")]).unwrap_err().to_string();
        assert!(message.starts_with("KEYSTREAM_LISTNE is not a setting of Keystream; the settings are KEYSTREAM_LISTEN, "), "{message}");
        assert!(settings(&[("KEYSTREAM_PORT_3000_TCP", "tcp://10.0.0.1:3000"), ("KEYSTREAM_SERVICE_HOST", "10.0.0.1")]).is_ok());
    }

    #[test]
    fn plain_http_beyond_loopback_refuses_to_start() {
        let message = settings(&[("KEYSTREAM_LISTEN", "0.0.0.0:3000")]).unwrap_err().to_string();
        assert!(message.contains("KEYSTREAM_PUBLIC_URL"), "{message}");
        let behind_proxy = [("KEYSTREAM_LISTEN", "0.0.0.0:3000"), ("KEYSTREAM_PUBLIC_URL", "https://keystream.example")];
        assert!(settings(&behind_proxy).is_ok());
    }

    #[test]
    fn a_file_is_read_and_its_mistakes_are_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("k.toml");
        let load = |text: &str| {
            std::fs::write(&path, text).unwrap();
            read_file(Some(&path)).map(|(layer, targets)| (layer.len(), targets))
        };
        let (keys, targets) =
            load("listen = \"127.0.0.1:1\"\nread_only = true\n[[target]]\naccount = \"111122223333\"\nregion = \"eu-west-1\"\nproduction = true\n").unwrap();
        assert_eq!((keys, targets.len(), targets[0].is_production), (2, 1, true));
        assert!(load("colour = 1").unwrap_err().to_string().starts_with("colour is not a setting"));
        assert!(!load("listen = [").unwrap_err().to_string().contains('\n'));
        assert!(read_file(Some(&directory.path().join("missing.toml"))).is_err());
    }
}
