//! Metrics for Prometheus.

use std::net::SocketAddr;

use clap::Args;
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
}

fn address<'de, D: Deserializer<'de>>(value: D) -> Result<Option<SocketAddr>, D::Error> {
    parsed(value, "an address and a port, such as 127.0.0.1:9100", |text| text.parse().ok()).map(Some)
}
