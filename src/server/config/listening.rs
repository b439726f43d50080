//! Where Keystream listens, and how browsers reach it.

use std::net::SocketAddr;

use clap::Args;
use serde::{Deserialize, Deserializer};

use super::{error::ConfigError, origin::Origin, takes::parsed};

/// The address to serve on, and the origin that browsers use.
#[derive(Debug, Clone, Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listening {
    /// The address to serve on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:3000")]
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
    /// The exact origin that browsers use, https anywhere but on loopback [default: http:// and the address].
    #[arg(long)]
    #[serde(default, deserialize_with = "origin")]
    pub public_url: Option<Origin>,
}

impl Listening {
    /// Refuses plain http beyond loopback: a session cookie would travel in the clear.
    pub fn check(&self) -> Result<(), ConfigError> {
        let is_plain = self.public_url.is_none() && !self.listen.ip().is_loopback();
        if is_plain { Err(ConfigError::PlainHttp(self.listen)) } else { Ok(()) }
    }
}

fn address<'de, D: Deserializer<'de>>(value: D) -> Result<SocketAddr, D::Error> {
    parsed(value, "an address and a port, such as 127.0.0.1:3000", |text| text.parse().ok())
}

fn origin<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Origin>, D::Error> {
    parsed(value, Origin::TAKES, Origin::parse).map(Some)
}
