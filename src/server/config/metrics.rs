//! Metrics for Prometheus.

use std::{net::SocketAddr, str::FromStr};

use clap::Args;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

use super::takes::parsed;

/// Where `/metrics` is served: never on the public listener.
#[derive(Debug, Clone, Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Serve /metrics on this address [default: off].
    #[arg(long)]
    #[serde(default, deserialize_with = "address")]
    pub metrics_listen: Option<SocketAddr>,
    /// Answer /metrics only with this token, sent as "Authorization: Bearer TOKEN" [default: answer everybody].
    #[arg(long)]
    #[serde(default, deserialize_with = "token")]
    pub metrics_token: Option<MetricsToken>,
}

/// What a token is.
const TOKEN: &str = "16 to 256 visible ASCII characters without spaces";

/// The credential with which a scraper authenticates.
#[derive(Debug, Clone)]
pub struct MetricsToken(pub SecretString);

impl FromStr for MetricsToken {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_token = (16..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_token.then(|| Self(SecretString::from(text))).ok_or(TOKEN)
    }
}

fn address<'de, D: Deserializer<'de>>(value: D) -> Result<Option<SocketAddr>, D::Error> {
    parsed(value, "an address and a port, such as 127.0.0.1:9100", |text| text.parse().ok()).map(Some)
}

fn token<'de, D: Deserializer<'de>>(value: D) -> Result<Option<MetricsToken>, D::Error> {
    parsed(value, TOKEN, |text| text.parse().ok()).map(Some)
}
