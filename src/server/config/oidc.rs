//! Sign-in with the company's identity provider, by OpenID Connect.

use std::{path::PathBuf, str::FromStr};

use clap::Args;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use strum::{Display, EnumString};
use url::Url;

use super::{
    error::ConfigError,
    secret_file::secret_in,
    takes::{parsed, some_path},
    target_table::is_loopback,
};
use crate::model::access::provider::GroupRule;

const ISSUER: &str = "the provider's issuer, such as https://sign-in.example/realms/company: exactly as its tokens \
                      name it; http on loopback only";
const CLIENT_ID: &str = "the id that Keystream has at the provider, 1 to 255 visible ASCII characters";
const SECRET: &str = "the client's secret, 1 to 1,024 visible ASCII characters";
const SCOPES: &str = "scopes separated by spaces, such as openid profile email";
const CLAIM: &str = "the name of a claim, or a JSON pointer such as /realm_access/roles, of at most 200 characters";
const NAME: &str = "what people call the provider, 1 to 60 characters";

/// The provider, the client that Keystream is there, and who may still sign in with a password.
#[derive(Debug, Clone, Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// The issuer of the company's OpenID Connect provider [default: no company sign-in].
    #[arg(long)]
    #[serde(default, deserialize_with = "issuer")]
    pub oidc_issuer: Option<String>,
    /// The id that Keystream has at the provider.
    #[arg(long)]
    #[serde(default, deserialize_with = "client_id")]
    pub oidc_client_id: Option<String>,
    /// The secret that goes with the id; better in a file.
    #[arg(long)]
    #[serde(default, deserialize_with = "secret")]
    pub oidc_client_secret: Option<ClientSecret>,
    /// The file with the secret, in place of oidc_client_secret.
    #[arg(long)]
    #[serde(default, deserialize_with = "some_path")]
    pub oidc_client_secret_file: Option<PathBuf>,
    /// What people call the provider: "Sign in with NAME" [default: the issuer's host].
    #[arg(long)]
    #[serde(default, deserialize_with = "name")]
    pub oidc_name: Option<String>,
    /// The scopes to ask for.
    #[arg(long, default_value = "openid profile email")]
    #[serde(deserialize_with = "scopes")]
    pub oidc_scopes: Vec<String>,
    /// The claim of the ID token with a person's groups: its exact name, or a JSON pointer.
    #[arg(long, default_value = "groups")]
    #[serde(deserialize_with = "claim")]
    pub oidc_groups_claim: String,
    /// A file of PEM certificates of authorities to trust for the provider, beside the system's.
    #[arg(long)]
    #[serde(default, deserialize_with = "some_path")]
    pub oidc_ca_file: Option<PathBuf>,
    /// Who may sign in with a password: all, or break-glass (emergency accounts only).
    #[arg(long, default_value = "all")]
    #[serde(deserialize_with = "local_sign_in")]
    pub local_sign_in: LocalSignIn,
    /// The `[[oidc.rule]]` tables of the file.
    #[arg(skip)]
    #[serde(skip)]
    pub rules: Vec<GroupRule>,
}

/// Who may sign in with a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Display, EnumString)]
#[strum(serialize_all = "kebab-case")]
pub enum LocalSignIn {
    #[default]
    All,
    /// Accounts for emergencies only.
    BreakGlass,
}

/// The credential with which Keystream authenticates to the provider.
#[derive(Debug, Clone)]
pub struct ClientSecret(pub SecretString);

impl FromStr for ClientSecret {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_secret = (1..=1_024).contains(&text.len()) && text.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
        is_secret.then(|| Self(SecretString::from(text))).ok_or(SECRET)
    }
}

/// The settings of a provider, complete.
#[derive(Debug, Clone)]
pub struct ProviderSettings {
    pub issuer: String,
    pub client_id: String,
    pub client_secret: SecretString,
    pub name: String,
    pub scopes: Vec<String>,
    pub groups_claim: String,
    pub ca_file: Option<PathBuf>,
    pub rules: Vec<GroupRule>,
}

impl Oidc {
    /// The key of a setting that is missing, or there without the others that it needs, and what it takes.
    pub fn incomplete(&self) -> Option<(&'static str, &'static str)> {
        if self.oidc_issuer.is_none() {
            let alone = [
                (self.oidc_client_id.is_some(), "oidc_client_id"),
                (self.oidc_client_secret.is_some(), "oidc_client_secret"),
                (self.oidc_client_secret_file.is_some(), "oidc_client_secret_file"),
                (self.oidc_name.is_some(), "oidc_name"),
                (self.oidc_ca_file.is_some(), "oidc_ca_file"),
            ];
            let alone = alone.into_iter().find(|(is_there, _)| *is_there);
            return match alone {
                Some((_, key)) => Some((key, "a value together with oidc_issuer")),
                None if !self.rules.is_empty() => Some(("oidc_issuer", ISSUER)),
                None if self.local_sign_in == LocalSignIn::BreakGlass => {
                    Some(("local_sign_in", "all, or break-glass together with oidc_issuer"))
                }
                None => None,
            };
        }
        if self.oidc_client_id.is_none() {
            return Some(("oidc_client_id", CLIENT_ID));
        }
        match (&self.oidc_client_secret, &self.oidc_client_secret_file) {
            (Some(_), Some(_)) => {
                Some(("oidc_client_secret_file", "a file without oidc_client_secret, or that without a file"))
            }
            (None, None) => Some(("oidc_client_secret_file", "the file with the secret of oidc_client_id")),
            _ if self.rules.is_empty() => {
                Some(("[[oidc.rule]]", "at least one table in keystream.toml, with group, role and scope"))
            }
            _ => None,
        }
    }

    /// The provider, if one is configured. Reads the file of the secret.
    ///
    /// # Errors
    /// If the file can't be read or has no secret.
    pub fn provider(&self) -> Result<Option<ProviderSettings>, ConfigError> {
        let Some((issuer, client_id)) = self.oidc_issuer.clone().zip(self.oidc_client_id.clone()) else {
            return Ok(None);
        };
        let client_secret = match (&self.oidc_client_secret, &self.oidc_client_secret_file) {
            (Some(secret), _) => secret.0.clone(),
            (None, Some(path)) => secret_in::<ClientSecret>("KEYSTREAM_OIDC_CLIENT_SECRET_FILE", path)?.0,
            (None, None) => return Ok(None),
        };
        Ok(Some(ProviderSettings {
            name: self.oidc_name.clone().unwrap_or_else(|| host_of(&issuer)),
            issuer,
            client_id,
            client_secret,
            scopes: self.oidc_scopes.clone(),
            groups_claim: self.oidc_groups_claim.clone(),
            ca_file: self.oidc_ca_file.clone(),
            rules: self.rules.clone(),
        }))
    }
}

fn host_of(issuer: &str) -> String {
    let url = Url::parse(issuer).ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| issuer.to_owned())
}

fn issuer<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    parsed(value, ISSUER, |text| {
        let url = Url::parse(text).ok()?;
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(text));
        let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        (is_safe && is_plain && url.has_host() && text.len() <= 500).then(|| text.to_owned())
    })
    .map(Some)
}

fn client_id<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    parsed(value, CLIENT_ID, |text| {
        let is_id = (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_id.then(|| text.to_owned())
    })
    .map(Some)
}

fn secret<'de, D: Deserializer<'de>>(value: D) -> Result<Option<ClientSecret>, D::Error> {
    parsed(value, SECRET, |text| text.parse().ok()).map(Some)
}

fn name<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    let is_name = |text: &str| (1..=60).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    parsed(value, NAME, |text| is_name(text).then(|| text.to_owned())).map(Some)
}

fn scopes<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<String>, D::Error> {
    // RFC 6749, section 3.3.
    let is_scope = |text: &&str| text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
    parsed(value, SCOPES, |text| {
        let scopes: Vec<&str> = text.split_ascii_whitespace().collect();
        let is_known = scopes.contains(&"openid") && scopes.len() <= 50 && scopes.iter().all(is_scope);
        is_known.then(|| scopes.into_iter().map(str::to_owned).collect())
    })
}

fn claim<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    let is_claim = |text: &str| (1..=200).contains(&text.len()) && !text.chars().any(char::is_control);
    parsed(value, CLAIM, |text| is_claim(text).then(|| text.to_owned()))
}

fn local_sign_in<'de, D: Deserializer<'de>>(value: D) -> Result<LocalSignIn, D::Error> {
    parsed(value, "all or break-glass", |text| text.parse().ok())
}
