//! The database.

use clap::Args;
use serde::{Deserialize, Deserializer};

use super::takes::parsed;
use crate::server::adapters::store::is_postgres;

/// Where everything is kept.
#[derive(Debug, Clone, Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// sqlite://FILE, created if missing, for one instance; postgres://USER:PASSWORD@HOST/DATABASE for several.
    #[arg(long, default_value = "sqlite://keystream.db")]
    #[serde(deserialize_with = "url")]
    pub database_url: String,
}

fn url<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    let is_known = |text: &str| text.starts_with("sqlite://") || is_postgres(text);
    parsed(value, "sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE", |text| {
        is_known(text).then(|| text.to_owned())
    })
}
