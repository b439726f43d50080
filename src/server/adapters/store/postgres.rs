//! Opening Postgres: what is checked once at the start, how every session is set, and the pools.
//!
//! Nothing is asked of the server while a connection is established: pgbouncer refuses such options, or ignores them.

use std::time::Duration;

use sqlx::{
    Connection, PgConnection, PgPool, Row,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::error::StoreError;
use crate::{model::time::Timestamp, server::adapters::clock::timeout};

/// How long anybody waits for a connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a connection may take to say that it can be used, before another one takes its place.
const USABLE_WITHIN: Duration = Duration::from_secs(2);
/// How long anybody waits for an answer: for a connection, then for as long as `statement_timeout` allows, and a little
/// more. Only a server that doesn't answer at all takes longer.
const LONGEST: Duration = Duration::from_secs(16);
/// The settings of every session. A commit is on disk when it returns, nobody waits forever, and an instance that is
/// suspended within a transaction doesn't block the others.
const SETTINGS: [(&str, &str); 5] = [
    ("synchronous_commit", "on"),
    ("lock_timeout", "5s"),
    ("statement_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "10s"),
    ("timezone", "UTC"),
];
/// How often two connections are compared, to find out whether a pooler lends them the same session.
const COMPARED: u32 = 3;

/// Connects before the pools do: a pool retries until it gives up, and then doesn't say why. Warns if the server may
/// lose what it has committed.
///
/// # Errors
/// When the server cannot be reached or refuses, or a pooler in between doesn't keep sessions.
pub async fn try_out(options: &PgConnectOptions) -> Result<(), StoreError> {
    let mut first = connect_soon(options).await?;
    refuse_shared_sessions(&mut first, options).await?;
    apply_settings(&mut first).await?;
    let fsync: String = sqlx::query_scalar("SHOW fsync").fetch_one(&mut first).await?;
    if fsync != "on" {
        tracing::warn!("Postgres runs with fsync={fsync}: a power loss may take changes that AWS has already received");
    }
    if history(&mut first).await?.is_empty() {
        tracing::warn!(
            "Postgres doesn't expose its timeline: a failover that loses commits isn't noticed while an instance runs"
        );
    }
    first.close().await?;
    Ok(())
}

async fn connect_soon(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    Ok(timeout(PATIENCE, PgConnection::connect_with(options)).await.map_err(|_| StoreError::Silent)??)
}

/// Refuses a pooler that lends a session for one transaction or statement only: locks, settings, prepared statements
/// and notifications need one that stays.
///
/// Such a pooler gives a session that has just become free to whoever asks next, so a second connection gets that of
/// the first, or the first comes back to another one.
async fn refuse_shared_sessions(first: &mut PgConnection, options: &PgConnectOptions) -> Result<(), StoreError> {
    let mut second = connect_soon(options).await?;
    for _ in 0..COMPARED {
        let before = session(first).await?;
        match answered(sqlx::raw_sql("BEGIN").execute(&mut second)).await {
            // A pooler that shares sessions between statements allows no transactions.
            Err(sqlx::Error::Database(_)) => return Err(StoreError::SharedSessions),
            begun => begun?,
        };
        if before == session(&mut second).await? || before != session(first).await? {
            return Err(StoreError::SharedSessions);
        }
        sqlx::raw_sql("COMMIT").execute(&mut second).await?;
    }
    second.close().await?;
    Ok(())
}

/// The process of the server that answers a connection, asked without a prepared statement: with a pooler that shares
/// sessions, the next one may not know it.
async fn session(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    answered(sqlx::raw_sql("SELECT pg_backend_pid()").fetch_one(connection)).await?.try_get(0)
}

/// Opens a connection outside the pools, with the settings of every session.
///
/// # Errors
/// When the server cannot be reached or refuses, or a setting isn't in force.
pub async fn connect(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    let mut connection = PgConnection::connect_with(options).await?;
    apply_settings(&mut connection).await?;
    Ok(connection)
}

/// Applies the settings to a new session, and checks in a second statement that they are in force.
async fn apply_settings(connection: &mut PgConnection) -> Result<(), StoreError> {
    let (names, values) = (SETTINGS.map(|(name, _)| name), SETTINGS.map(|(_, value)| value));
    let set = "SELECT set_config(name, value, false) FROM unnest($1::text[], $2::text[]) AS wanted (name, value)";
    sqlx::query(set).persistent(false).bind(names.as_slice()).bind(values.as_slice()).execute(&mut *connection).await?;
    let read = "SELECT name, current_setting(name) FROM unnest($1::text[]) AS wanted (name)";
    let found: Vec<(String, String)> =
        sqlx::query_as(read).persistent(false).bind(names.as_slice()).fetch_all(connection).await?;
    refuse_others(&found)
}

/// Refuses a session in which a setting isn't in force.
fn refuse_others(found: &[(String, String)]) -> Result<(), StoreError> {
    let of = |wanted: &str| found.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value.as_str());
    match SETTINGS.into_iter().find(|(name, value)| of(name) != *value) {
        Some((name, wanted)) => Err(StoreError::NotInForce { name, wanted, found: of(name).to_owned() }),
        None => Ok(()),
    }
}

/// Whether a connection leads to the primary: nobody else sees a lock on a standby.
///
/// # Errors
/// When the server does not answer.
pub async fn is_primary(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT NOT pg_is_in_recovery()").fetch_one(connection).await
}

/// Opens a pool with at most so many connections.
///
/// A session that can't write is used once at most. Around a failover, or while writing is turned off, new sessions
/// may be read-only, and may stay so afterwards; and one on a standby that isn't promoted would see old data for as
/// long as it lasts. The check takes the place of sqlx's own, which asks the server too.
///
/// # Errors
/// When the server cannot be reached or refuses.
pub async fn open(options: &PgConnectOptions, most: u32) -> Result<PgPool, StoreError> {
    let pool = PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(PATIENCE)
        .after_connect(|connection, _| Box::pin(async move { apply_settings(connection).await.map_err(into_sqlx) }))
        .test_before_acquire(false)
        .before_acquire(|connection, _| Box::pin(can_write(connection)))
        .after_release(|connection, _| Box::pin(still_answers(connection)));
    Ok(pool.connect_with(options.clone()).await?)
}

fn into_sqlx(error: StoreError) -> sqlx::Error {
    match error {
        StoreError::Database(error) => error,
        other => sqlx::Error::Configuration(Box::new(other)),
    }
}

/// Whether a session can write: it isn't on a standby, and nobody made it read-only.
async fn can_write(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let asked = sqlx::raw_sql("SHOW transaction_read_only").fetch_one(connection);
    let is_read_only: String = within(USABLE_WITHIN, asked).await?.try_get(0)?;
    Ok(is_read_only == "off")
}

/// Whether a connection that is given back still answers. sqlx asks as well, but waits for as long as it takes, and so
/// long the connection's place in the pool stays taken.
async fn still_answers(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    within(USABLE_WITHIN, connection.ping()).await.map(|()| true)
}

/// Waits for an answer of the server, but not forever: a machine that vanished closes no connection.
///
/// # Errors
/// Those of the answer, or that none came.
pub async fn answered<T>(answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    within(LONGEST, answer).await
}

async fn within<T>(limit: Duration, answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    let no_answer = || sqlx::Error::Io(std::io::ErrorKind::TimedOut.into());
    timeout(limit, answer).await.unwrap_or_else(|_| Err(no_answer()))
}

/// Brings the schema of the database up to date. A statement may take longer than others may: an index of a long
/// chain does.
///
/// # Errors
/// When the server cannot be reached, or a migration fails.
pub async fn migrate(options: &PgConnectOptions, migrations: &Migrator) -> Result<(), StoreError> {
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(PATIENCE).after_connect(|connection, _| {
        Box::pin(async move {
            apply_settings(connection).await.map_err(into_sqlx)?;
            sqlx::query("SET statement_timeout = 0").execute(connection).await.map(drop)
        })
    });
    let pool = pool.connect_with(options.clone()).await?;
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
    answered(sqlx::query_scalar(time).fetch_one(on)).await.map(Timestamp::from_millis)
}

/// The history that the server writes: the cluster, its timeline, which a failover or a restore changes, and the
/// journal's table, which a dump that is restored makes anew. Empty if the server doesn't expose its timeline, as some
/// services that only resemble Postgres don't.
///
/// # Errors
/// When it does not answer.
pub async fn history(on: &mut PgConnection) -> Result<String, sqlx::Error> {
    answered(ask_history(on)).await
}

async fn ask_history(on: &mut PgConnection) -> Result<String, sqlx::Error> {
    // Every role may call these functions. The first eight digits of a segment's name are its timeline; what
    // pg_control_checkpoint() says lags behind a promotion.
    let sql = "SELECT system_identifier || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) \
        || '/' || coalesce(to_regclass('changes')::oid, 0) FROM pg_control_system()";
    // Within a transaction, this is a savepoint: after a refusal, the transaction goes on.
    let mut attempt = on.begin().await?;
    match sqlx::query_scalar(sql).fetch_one(&mut *attempt).await {
        Ok(history) => attempt.commit().await.map(|()| history),
        Err(sqlx::Error::Database(error)) => {
            tracing::debug!(%error, "Postgres doesn't expose its timeline: {error}");
            attempt.rollback().await.map(|()| String::new())
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_is_not_in_force_is_named() {
        let in_force = SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned()));
        refuse_others(&in_force).unwrap();
        let mut other = in_force.clone();
        other[0].1 = "off".to_owned();
        assert_eq!(
            refuse_others(&other).unwrap_err().to_string(),
            "the database doesn't keep synchronous_commit=on for a session (it is off): connect to Postgres directly, \
            or through a pooler that keeps sessions"
        );
        assert!(refuse_others(&in_force[1..]).is_err());
    }
}
