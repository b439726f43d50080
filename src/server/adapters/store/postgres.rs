//! Opening Postgres: how every connection is set, what is checked once at the start, and the pools.

use std::time::Duration;

use sqlx::{
    Connection, PgConnection, PgPool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::error::StoreError;
use crate::{model::time::Timestamp, server::adapters::clock::timeout};

/// How long anybody waits for a connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// The settings of every connection. A commit is on disk when it returns, nobody waits forever, and an
/// instance that is suspended within a transaction doesn't block the others.
pub const SETTINGS: [(&str, &str); 5] = [
    ("synchronous_commit", "on"),
    ("lock_timeout", "5s"),
    ("statement_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "10s"),
    ("timezone", "UTC"),
];

/// Connects once before the pools do: a pool retries until it gives up, and then doesn't say why. Warns if the server
/// may lose what it has committed.
///
/// # Errors
/// When the server cannot be reached or refuses.
pub async fn try_out(options: &PgConnectOptions) -> Result<(), StoreError> {
    let first = timeout(PATIENCE, PgConnection::connect_with(options)).await;
    let mut first = first.map_err(|_| StoreError::Silent)??;
    let fsync: String = sqlx::query_scalar("SHOW fsync").fetch_one(&mut first).await?;
    if fsync != "on" {
        tracing::warn!("Postgres runs with fsync={fsync}: a power loss may take changes that AWS has already received");
    }
    first.close().await?;
    Ok(())
}

/// Opens a pool with at most so many connections.
///
/// # Errors
/// When the server cannot be reached or refuses.
pub async fn open(options: &PgConnectOptions, most: u32) -> Result<PgPool, StoreError> {
    Ok(PgPoolOptions::new().max_connections(most).acquire_timeout(PATIENCE).connect_with(options.clone()).await?)
}

/// Brings the schema of the database up to date. A statement may take longer than others may: an index of a long
/// chain does.
///
/// # Errors
/// When the server cannot be reached, or a migration fails.
pub async fn migrate(options: &PgConnectOptions, migrations: &Migrator) -> Result<(), StoreError> {
    let options = options.clone().options([("statement_timeout", "0")]);
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(PATIENCE).connect_with(options).await?;
    migrations.run(&pool).await?;
    pool.close().await;
    Ok(())
}

/// The time by the clock of Postgres.
///
/// # Errors
/// When it does not answer.
pub async fn time_now<'a>(on: impl sqlx::PgExecutor<'a>) -> Result<Timestamp, sqlx::Error> {
    let time = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";
    sqlx::query_scalar(time).fetch_one(on).await.map(Timestamp::from_millis)
}
