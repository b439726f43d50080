//! The two databases behind one interface: SQLite for one instance, Postgres for several. The same literal SQL runs on
//! both; what differs (opening, the write lock, the clock for leases) is here.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use sqlx::{
    Postgres, Sqlite, SqlitePool, Transaction,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    commits,
    error::StoreError,
    interceptor::Interceptor,
    on::{Db, On, TxConnection},
    postgres::{answered, time_now},
};
use crate::{
    model::{change::Change, time::Timestamp},
    server::{
        adapters::{
            clock::{Clock, SystemClock},
            metrics::families::{DATABASE_WRITE_FAILURES, DATABASE_WRITE_WAIT},
        },
        config::{is_postgres, without_password},
    },
};

/// How long a writer waits for another transaction, and anybody for a connection. Less than a request may take.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The advisory lock that makes writers on Postgres take turns, as they do on SQLite.
const WRITE_LOCK: i64 = 0x6b65_7973_7472_6561;
/// A parsed database URL.
#[derive(Debug, Clone)]
pub enum Address {
    Sqlite { path: PathBuf, options: SqliteConnectOptions },
    Postgres(PgConnectOptions),
}

impl Address {
    /// Reads `sqlite://FILE` or `postgres://USER:PASSWORD@HOST/DATABASE`.
    ///
    /// # Errors
    /// When it is neither, or names several hosts. The error doesn't repeat the password.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        let refuse = || StoreError::Url(without_password(url));
        if url.strip_prefix("sqlite://").is_some_and(|path| !path.is_empty()) {
            let options = SqliteConnectOptions::from_str(url).map_err(|_| refuse())?.busy_timeout(BUSY_TIMEOUT);
            return Ok(Self::Sqlite { path: options.get_filename().to_path_buf(), options });
        }
        if is_postgres(url) {
            let options = PgConnectOptions::from_str(url).map_err(|_| refuse())?;
            // sqlx would take them for one name.
            if options.get_host().contains(',') {
                return Err(StoreError::SeveralHosts);
            }
            // pgbouncer refuses the setting that sqlx adds. No column is a floating-point number.
            return Ok(Self::Postgres(options.application_name("keystream").extra_float_digits(None::<i8>)));
        }
        Err(refuse())
    }
}

/// Opens the writing pool of a SQLite file: one connection, since SQLite allows one writer and a second one would only
/// wait inside the library.
///
/// # Errors
/// When the file cannot be opened.
pub async fn open_sqlite_writer(options: &SqliteConnectOptions) -> Result<SqlitePool, StoreError> {
    let writing = options
        .clone()
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // NORMAL may lose a committed transaction in a power loss; an intent must be on disk before AWS is called.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true);
    Ok(sqlite_pool().max_connections(1).connect_with(writing).await?)
}

/// Opens a reading pool of a SQLite file with at most so many connections; after the writing one, and once the schema
/// exists.
///
/// # Errors
/// When the file cannot be opened.
pub async fn open_sqlite_readers(options: &SqliteConnectOptions, most: u32) -> Result<SqlitePool, StoreError> {
    // Not opened read-only: such a connection can't create the files that readers of a WAL share.
    let reading = options.clone().pragma("query_only", "ON");
    Ok(sqlite_pool().max_connections(most).connect_with(reading).await?)
}

fn sqlite_pool() -> SqlitePoolOptions {
    // Connections are kept open: the last one to close would remove the WAL.
    SqlitePoolOptions::new().min_connections(1).idle_timeout(None).max_lifetime(None).acquire_timeout(BUSY_TIMEOUT)
}

/// A transaction of either database.
type Begun = On<Transaction<'static, Sqlite>, Transaction<'static, Postgres>>;

/// A write transaction. It holds the write lock from the start, so that what it reads can't change before it commits.
/// Dropping it without a commit rolls it back.
#[derive(Debug)]
pub struct Tx {
    inner: Begun,
    interceptor: Option<Arc<dyn Interceptor>>,
    /// The change that it moves, if there is an interceptor.
    moved: Option<Box<Change>>,
    /// Once it is committed, other instances have something to show.
    is_news: bool,
}

impl Tx {
    /// Begins a transaction.
    pub(super) async fn begin(db: &Db, interceptor: Option<Arc<dyn Interceptor>>) -> Result<Self, StoreError> {
        let asked_at = SystemClock.steady();
        let begun = lock(db).await;
        metrics::histogram!(DATABASE_WRITE_WAIT.name).record(SystemClock.steady().saturating_sub(asked_at));
        let inner = begun.inspect_err(|_| count_failure())?;
        Ok(Self { inner, interceptor, moved: None, is_news: false })
    }

    /// The connection, for a query.
    pub fn on(&mut self) -> TxConnection<'_> {
        match &mut self.inner {
            On::Sqlite(tx) => On::Sqlite(&mut **tx),
            On::Postgres(tx) => On::Postgres(&mut **tx),
        }
    }

    /// Commits: when this returns, it is on disk.
    ///
    /// # Errors
    /// When the disk is full or gone; then nothing was written. When the connection to Postgres broke at this moment,
    /// it may have been written all the same.
    pub async fn commit(self) -> Result<(), StoreError> {
        let moved = self.moved.as_deref();
        if let Some(interceptor) = &self.interceptor {
            interceptor.before_commit(moved).await;
        }
        let committed = match self.inner {
            On::Sqlite(tx) => tx.commit().await,
            On::Postgres(tx) if self.is_news => answered(commits::notify_and_commit(tx)).await,
            On::Postgres(tx) => answered(tx.commit()).await,
        };
        committed.inspect_err(|_| count_failure())?;
        match &self.interceptor {
            Some(interceptor) => interceptor.after_commit(moved).await,
            None => Ok(()),
        }
    }

    /// Notes that the transaction moves a change.
    pub(super) fn record_journal(&mut self, change: &Change) {
        if self.interceptor.is_some() {
            self.moved = Some(Box::new(change.clone()));
        }
    }

    /// Notes that the transaction writes what other instances show.
    pub(super) const fn record_news(&mut self) {
        self.is_news = true;
    }

    /// Rolls everything back.
    ///
    /// # Errors
    /// When the connection broke; then the database rolls it back.
    pub async fn rollback(self) -> Result<(), StoreError> {
        match self.inner {
            On::Sqlite(tx) => tx.rollback().await?,
            On::Postgres(tx) => answered(tx.rollback()).await?,
        }
        Ok(())
    }

    /// The time by the database's clock, on which instances with differing clocks agree.
    pub(super) async fn database_time(&mut self) -> Result<Timestamp, StoreError> {
        let millis: i64 = match self.on() {
            On::Sqlite(on) => {
                sqlx::query_scalar("SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)").fetch_one(on).await?
            }
            On::Postgres(on) => return Ok(time_now(on).await?),
        };
        Ok(Timestamp::from_millis(millis))
    }
}

/// Begins a transaction, with the write lock.
async fn lock(db: &Db) -> Result<Begun, sqlx::Error> {
    Ok(match db {
        On::Sqlite(pool) => On::Sqlite(begin_immediate(pool).await?),
        On::Postgres(pool) => {
            let mut tx = answered(pool.begin()).await?;
            let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(WRITE_LOCK);
            answered(lock.execute(&mut *tx)).await?;
            On::Postgres(tx)
        }
    })
}

/// Counts a transaction that could not begin, or could not be committed.
pub fn count_failure() {
    metrics::counter!(DATABASE_WRITE_FAILURES.name).increment(1);
}

/// Begins a transaction on SQLite. When the disk is full or fails, SQLite ends a transaction by itself, and sqlx 0.9
/// believes the connection to be in it forever. Such a connection is closed, and another one opened.
async fn begin_immediate(pool: &SqlitePool) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
    match pool.begin_with("BEGIN IMMEDIATE").await {
        Err(sqlx::Error::InvalidSavePointStatement) => {
            tracing::warn!("the connection to the database lost its transaction, and is opened anew");
            pool.acquire().await?.close().await?;
            pool.begin_with("BEGIN IMMEDIATE").await
        }
        begun => begun,
    }
}

/// The identity of the file at a path: different files have different ones.
///
/// # Errors
/// When there is no file.
pub fn file_identity(path: &Path) -> std::io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

/// Runs a query and returns its rows as the given type: `fetch!(all as Row, &self.reader, "SELECT ...", value, ...)`,
/// with `all`, `optional` or `one`.
macro_rules! fetch {
    (all as $row:ty, $($rest:tt)*) => { fetch!(@ fetch_all, $row, $($rest)*) };
    (optional as $row:ty, $($rest:tt)*) => { fetch!(@ fetch_optional, $row, $($rest)*) };
    (one as $row:ty, $($rest:tt)*) => { fetch!(@ fetch_one, $row, $($rest)*) };
    (@ $method:ident, $row:ty, $on:expr, $sql:expr $(, $value:expr)* $(,)?) => {
        match $on {
            $crate::server::adapters::store::On::Sqlite(on) => {
                sqlx::query_as::<_, $row>($sql)$(.bind($value))*.$method(on).await
            }
            $crate::server::adapters::store::On::Postgres(on) => {
                $crate::server::adapters::store::postgres::answered(
                    sqlx::query_as::<_, $row>($sql)$(.bind($value))*.$method(on)
                )
                .await
            }
        }
        .map_err($crate::server::adapters::store::StoreError::from)
    };
}

/// Implements `FromRow` for both databases, with columns named like the fields: `from_row!(Row { id, body })`.
macro_rules! from_row {
    ($row:ident { $($column:ident),+ }) => {
        from_row!(@ $row { $($column),+ }, sqlx::sqlite::SqliteRow);
        from_row!(@ $row { $($column),+ }, sqlx::postgres::PgRow);
    };
    (@ $row:ident { $($column:ident),+ }, $from:ty) => {
        impl sqlx::FromRow<'_, $from> for $row {
            fn from_row(row: &$from) -> sqlx::Result<Self> {
                use sqlx::Row as _;
                Ok(Self { $($column: row.try_get(stringify!($column))?),+ })
            }
        }
    };
}

/// Runs a statement and returns how many rows it touched: `execute!(tx.on(), "UPDATE ...", value, ...)`.
macro_rules! execute {
    ($on:expr, $sql:expr $(, $value:expr)* $(,)?) => {
        match $on {
            $crate::server::adapters::store::On::Sqlite(on) => {
                sqlx::query($sql)$(.bind($value))*.execute(on).await.map(|done| done.rows_affected())
            }
            $crate::server::adapters::store::On::Postgres(on) => {
                $crate::server::adapters::store::postgres::answered(sqlx::query($sql)$(.bind($value))*.execute(on))
                    .await
                    .map(|done| done.rows_affected())
            }
        }
        .map_err($crate::server::adapters::store::StoreError::from)
    };
}

pub(super) use {execute, fetch, from_row};
