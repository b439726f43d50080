//! The proxies in front of Keystream.

use std::net::IpAddr;

use clap::Args;
use ipnet::IpNet;
use serde::{Deserialize, Deserializer};

use super::takes::by_comma;

/// Whose forwarding headers are believed.
#[derive(Debug, Clone, Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proxies {
    /// Networks whose forwarding headers are believed, by comma.
    #[arg(long)]
    #[serde(default, deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
}

fn networks<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<IpNet>, D::Error> {
    let network = |text: &str| text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok();
    by_comma(value, "networks by comma, such as 10.0.0.0/8,fd00::/8", network)
}
