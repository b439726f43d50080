//! The stream of the audit chain to another system, such as a SIEM.

use std::{fmt, path::PathBuf, str::FromStr};

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use url::Url;

use super::{
    error::ConfigError,
    secret_file::secret_in,
    takes::{parsed, some_path},
    target_table::is_loopback,
};

const PLACE: &str = "stdout, file:PATH, or an https URL without a user or password; http on loopback only";
const TOKEN: &str = "1 to 4,000 visible ASCII characters: a token, or a scheme, a space and what goes with it";
/// The longest token. A file of a secret may be little longer.
const LONGEST_TOKEN: usize = 4_000;

/// Where the audit chain is streamed, and what proves that it is Keystream.
#[derive(Debug, Clone, Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditStream {
    /// Stream the audit chain as JSON lines: stdout, file:PATH, or an https URL to post them to [default: off].
    #[arg(long)]
    #[serde(default, deserialize_with = "place")]
    pub audit_stream: Option<StreamPlace>,
    /// The token to send to the URL as "Authorization: Bearer TOKEN"; with a space in it, all of that header.
    #[arg(long)]
    #[serde(default, deserialize_with = "token")]
    audit_stream_token: Option<StreamToken>,
    /// The file with the token, in place of audit_stream_token.
    #[arg(long)]
    #[serde(default, deserialize_with = "some_path")]
    audit_stream_token_file: Option<PathBuf>,
    /// A file of PEM certificates of authorities to trust for the URL, beside the system's.
    #[arg(long)]
    #[serde(default, deserialize_with = "some_path")]
    audit_stream_ca_file: Option<PathBuf>,
}

/// Where the audit chain is streamed. Shown without the path of a URL, which may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub enum StreamPlace {
    Stdout,
    File(PathBuf),
    Https(Url),
}

impl StreamPlace {
    /// Returns all of the place, as configured: different places have different ones.
    pub fn identity(&self) -> String {
        match self {
            Self::Https(url) => url.to_string(),
            Self::Stdout | Self::File(_) => self.to_string(),
        }
    }
}

impl FromStr for StreamPlace {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "stdout" {
            return Ok(Self::Stdout);
        }
        if let Some(path) = text.strip_prefix("file:") {
            return if path.is_empty() { Err(PLACE) } else { Ok(Self::File(PathBuf::from(path))) };
        }
        let url = Url::parse(text).map_err(|_| PLACE)?;
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(text));
        let is_plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        if is_safe && is_plain && text.len() <= 2_000 { Ok(Self::Https(url)) } else { Err(PLACE) }
    }
}

impl fmt::Display for StreamPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("stdout"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Https(url) => f.write_str(&url.origin().ascii_serialization()),
        }
    }
}

impl fmt::Debug for StreamPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The credential with which Keystream authenticates to the receiver.
#[derive(Debug, Clone)]
pub struct StreamToken(SecretString);

impl StreamToken {
    /// Returns the value of the `Authorization` header.
    fn authorization(&self) -> SecretString {
        let token = self.0.expose_secret();
        if token.contains(' ') { self.0.clone() } else { SecretString::from(format!("Bearer {token}")) }
    }
}

impl FromStr for StreamToken {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_visible = text.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) && text.trim() == text;
        let is_token = (1..=LONGEST_TOKEN).contains(&text.len()) && is_visible;
        is_token.then(|| Self(SecretString::from(text))).ok_or(TOKEN)
    }
}

/// The settings of a stream, complete.
#[derive(Debug, Clone)]
pub struct StreamSettings {
    pub place: StreamPlace,
    /// The value of the `Authorization` header.
    pub authorization: Option<SecretString>,
    pub ca_file: Option<PathBuf>,
}

impl AuditStream {
    /// The key of a setting that doesn't go with the others, and what it takes.
    pub fn incomplete(&self) -> Option<(&'static str, &'static str)> {
        let (token, file) = (self.audit_stream_token.is_some(), self.audit_stream_token_file.is_some());
        if matches!(self.audit_stream, Some(StreamPlace::Https(_))) {
            let both = "a file without audit_stream_token, or that without a file";
            return (token && file).then_some(("audit_stream_token_file", both));
        }
        let alone = [
            (token, "audit_stream_token"),
            (file, "audit_stream_token_file"),
            (self.audit_stream_ca_file.is_some(), "audit_stream_ca_file"),
        ];
        let alone = alone.into_iter().find(|(is_there, _)| *is_there);
        alone.map(|(_, key)| (key, "a value together with a URL in audit_stream"))
    }

    /// The stream, if one is configured. Reads the file of the token.
    ///
    /// # Errors
    /// If the file can't be read or has no token.
    pub fn complete(&self) -> Result<Option<StreamSettings>, ConfigError> {
        let Some(place) = self.audit_stream.clone() else { return Ok(None) };
        let token = match (&self.audit_stream_token, &self.audit_stream_token_file) {
            (Some(token), _) => Some(token.clone()),
            (None, Some(path)) => Some(secret_in::<StreamToken>("KEYSTREAM_AUDIT_STREAM_TOKEN_FILE", path)?),
            (None, None) => None,
        };
        let authorization = token.as_ref().map(StreamToken::authorization);
        Ok(Some(StreamSettings { place, authorization, ca_file: self.audit_stream_ca_file.clone() }))
    }
}

fn place<'de, D: Deserializer<'de>>(value: D) -> Result<Option<StreamPlace>, D::Error> {
    parsed(value, PLACE, |text| text.parse().ok()).map(Some)
}

fn token<'de, D: Deserializer<'de>>(value: D) -> Result<Option<StreamToken>, D::Error> {
    parsed(value, TOKEN, |text| text.parse().ok()).map(Some)
}
