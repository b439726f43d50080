//! Why a configuration is refused: one line each, which names the key, the value and what it takes.

use std::{fmt, net::SocketAddr};

use serde::de;
use thiserror::Error;

/// A setting that was not understood.
#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("{key}: \u{201c}{value}\u{201d} is not understood; it takes {takes}")]
    Value { key: String, value: String, takes: String },
    #[error("{key} is not a setting of Keystream; the settings are {known}")]
    Unknown { key: String, known: String },
    #[error("{path}: {why}")]
    File { path: String, why: String },
    #[error(
        "KEYSTREAM_PUBLIC_URL must be set to the https origin that browsers use: plain http is served on loopback \
        only, and {0} is not loopback"
    )]
    PlainHttp(SocketAddr),
    #[error(
        "{setting} must be set: a database on Postgres has no file beside which the checkpoints of the audit chain \
        could be; `keystream audit key FILE` makes a key"
    )]
    CheckpointPlace { setting: &'static str },
    /// A struct of settings and its keys differ.
    #[error("the configuration could not be read: {0}")]
    Shape(String),
}

impl de::Error for ConfigError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Shape(message.to_string())
    }

    fn unknown_field(key: &str, known: &'static [&'static str]) -> Self {
        Self::Unknown { key: key.to_owned(), known: known.join(", ") }
    }
}
