//! The proxies in front of Keystream.

use std::net::IpAddr;

use clap::Args;
use ipnet::IpNet;
use serde::{Deserialize, Deserializer};

use super::takes::{by_comma, parsed};

/// Whose forwarding headers are believed, and how many entries of them.
#[derive(Debug, Clone, Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proxies {
    /// Addresses or networks of proxies whose forwarding headers are believed, by comma.
    #[arg(long)]
    #[serde(default, deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// The number of trusted proxies that a request passes, one after the other.
    #[arg(long, default_value = "1")]
    #[serde(deserialize_with = "hops")]
    pub trusted_hops: u8,
}

/// The most proxies one after the other: more is a mistake.
const MOST_HOPS: u8 = 8;

fn networks<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<IpNet>, D::Error> {
    let network = |text: &str| text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok();
    by_comma(value, "addresses or networks by comma, such as 10.1.2.3/32,fd00::1/128", network)
}

fn hops<'de, D: Deserializer<'de>>(value: D) -> Result<u8, D::Error> {
    let hops = |text: &str| text.parse().ok().filter(|hops| (1..=MOST_HOPS).contains(hops));
    parsed(value, "a whole number from 1 to 8", hops)
}
