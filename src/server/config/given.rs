//! A value of a setting under the name it was given, and how structs are read from such values.

use serde::{
    Deserialize,
    de::{DeserializeSeed, Error as _, IntoDeserializer, MapAccess, value::MapAccessDeserializer},
};

use super::{database::without_password, error::ConfigError};

/// A value with the name it was given under: `--listen`, `KEYSTREAM_LISTEN` or `listen in keystream.toml`.
#[derive(Debug, Clone)]
pub struct Given {
    name: String,
    /// The value as errors show it: on one line, without its password, and nothing of a token or a secret.
    shown: String,
    value: toml::Value,
}

impl Given {
    /// A text.
    pub fn text(name: String, text: String) -> Self {
        Self { shown: shown(&name, &text), name, value: toml::Value::String(text) }
    }

    /// A value of a table, which errors show as TOML.
    pub fn toml(name: String, value: toml::Value) -> Self {
        Self { shown: shown(&name, &value.to_string()), name, value }
    }

    /// The error for this value.
    pub fn refused(self, takes: &str) -> ConfigError {
        ConfigError::Value { key: self.name, value: self.shown, takes: takes.to_owned() }
    }
}

fn shown(name: &str, value: &str) -> String {
    let key = name.split(' ').next().unwrap_or_default().to_ascii_lowercase().replace('-', "_");
    if key.contains("token") || key.ends_with("secret") {
        return "***".to_owned();
    }
    // A URL that lacks its scheme may still hold a password.
    let hidden = if value.contains("://") {
        without_password(value)
    } else {
        without_password(&format!("://{value}")).split_off(3)
    };
    one_line(&if key.ends_with("audit_stream") { without_path(&hidden) } else { hidden })
}

/// A URL without what follows its host, and without its user: both may be secrets.
fn without_path(url: &str) -> String {
    const ENDS: [char; 4] = ['/', '\\', '?', '#'];
    let scheme = url.split_once("://").map(|(scheme, _)| scheme).filter(|scheme| !scheme.contains(ENDS));
    let (scheme, rest) = url.split_at(scheme.map_or(0, |scheme| scheme.len() + "://".len()));
    let (authority, hidden) = rest.split_at(rest.find(ENDS).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}{host}{}", if hidden.is_empty() { "" } else { "/***" })
}

/// A text without line breaks: an error is one line.
pub fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// Reads a struct from its values. An error names the value that the struct refused.
pub fn read<T: for<'de> Deserialize<'de>>(values: impl Iterator<Item = (String, Given)>) -> Result<T, ConfigError> {
    T::deserialize(MapAccessDeserializer::new(Values { rest: values, current: None }))
}

/// Hands values to a struct, one after the other.
struct Values<I> {
    rest: I,
    current: Option<Given>,
}

impl<'de, I: Iterator<Item = (String, Given)>> MapAccess<'de> for Values<I> {
    type Error = ConfigError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ConfigError> {
        let Some((key, given)) = self.rest.next() else { return Ok(None) };
        self.current = Some(given);
        seed.deserialize(key.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ConfigError> {
        let given = self.current.take().ok_or_else(|| ConfigError::custom("a value was read before its key"))?;
        seed.deserialize(given.value.clone()).map_err(|error| given.refused(error.message()))
    }
}
