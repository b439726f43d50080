//! The database.

use clap::Args;
use serde::{Deserialize, Deserializer};

use super::takes::parsed;

/// The database that holds everything.
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

/// Whether a database URL is one of Postgres.
pub fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// A database URL as it may be shown and logged, whether it can be parsed or not.
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    // Before the query is split off: a password may contain any character but the @ that ends it.
    let rest = match rest.rsplit_once('@').and_then(|(who, host)| Some((who.split_once(':')?.0, host))) {
        Some((user, host)) => format!("{user}:***@{host}"),
        None => rest.to_owned(),
    };
    let (path, query) = rest.split_once('?').unwrap_or((&rest, ""));
    let hidden = |pair: &str| if pair.starts_with("password=") { "password=***".to_owned() } else { pair.to_owned() };
    let query = query.split('&').map(hidden).collect::<Vec<_>>().join("&");
    format!("{scheme}://{path}{}{query}", if query.is_empty() { "" } else { "?" })
}
