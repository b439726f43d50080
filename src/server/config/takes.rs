//! Parsers of values. Each knows what it takes, which is the error for anything else.

use std::{path::PathBuf, str::FromStr};

use serde::{Deserialize, Deserializer, de::Error as _};

/// A text, parsed.
pub fn parsed<'de, D: Deserializer<'de>, T>(
    value: D,
    takes: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, D::Error> {
    let text = String::deserialize(value).ok();
    text.and_then(|text| parse(text.trim())).ok_or_else(|| D::Error::custom(takes))
}

/// A list separated by commas.
pub fn by_comma<'de, D: Deserializer<'de>, T>(
    value: D,
    takes: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, D::Error> {
    parsed(value, takes, |text| text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(parse).collect())
}

/// A TOML array of texts, at least one.
pub fn array<'de, D: Deserializer<'de>, T: FromStr>(value: D, takes: &str) -> Result<Vec<T>, D::Error> {
    let texts = Vec::<String>::deserialize(value).unwrap_or_default();
    let values = texts.iter().map(|text| text.parse().ok()).collect::<Option<Vec<T>>>();
    values.filter(|values| !values.is_empty()).ok_or_else(|| D::Error::custom(takes))
}

/// A text that isn't empty.
pub fn some_text<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    parsed(value, "a text in quotes", |text| (!text.is_empty()).then(|| text.to_owned())).map(Some)
}

/// The path of a file.
pub fn some_path<'de, D: Deserializer<'de>>(value: D) -> Result<Option<PathBuf>, D::Error> {
    parsed(value, "the path of a file", |text| (!text.is_empty()).then(|| PathBuf::from(text))).map(Some)
}

/// A TOML boolean.
pub fn truth<'de, D: Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    bool::deserialize(value).map_err(|_| D::Error::custom("true or false"))
}

/// A whole number from 1 to `most`.
pub fn number<'de, D: Deserializer<'de>>(value: D, most: u8, takes: &str) -> Result<u8, D::Error> {
    u8::deserialize(value).ok().filter(|number| (1..=most).contains(number)).ok_or_else(|| D::Error::custom(takes))
}
