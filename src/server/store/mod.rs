//! The only place with SQL: opening the database, its lock and its migrations, and one file per table.
//! Every write that must stand before AWS is called goes through one writer connection with `synchronous=FULL`.

pub mod audit;
pub mod changes;
pub mod drafts;
pub mod inventory;
pub mod sessions;
pub mod users;

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use sqlx::{
    Sqlite, SqlitePool, Transaction,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use thiserror::Error;

pub use self::{
    changes::{Inserted, NewChange, Stretch},
    inventory::StoredStream,
    sessions::{SessionRow, SignInRecord},
    users::User,
};

/// The schema of this version, compiled in.
static MIGRATIONS: Migrator = sqlx::migrate!("src/server/store/migrations");
/// How long a writer waits for another process's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A write transaction. Begun with the write lock, so that what it reads cannot change before it commits.
pub type Tx = Transaction<'static, Sqlite>;

/// Why the database could not do it.
#[derive(Debug, Error)]
pub enum StoreError {
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the database's schema could not be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error("{0} is in use by another running Keystream; SQLite serves one instance")]
    InUse(String),
    #[error("the lock file {path} could not be used: {source}")]
    Lock { path: String, source: std::io::Error },
    #[error("the change was sent or has ended meanwhile")]
    Ended,
    #[error("a stored row could not be read: {0}")]
    Row(#[from] serde_json::Error),
    #[error("KEYSTREAM_DATABASE_URL takes sqlite://FILE; \u{201c}{0}\u{201d} is something else (PostgreSQL is not supported yet)")]
    Url(String),
}

impl StoreError {
    /// Whether a unique index refused a row.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    /// One connection: SQLite has one writer, and a second would only wait inside the library.
    writer: SqlitePool,
    reader: SqlitePool,
    /// Held while `serve` runs; the operating system frees it however the process ends.
    _instance_lock: Option<Arc<File>>,
}

/// Who opens the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opener {
    /// `serve`: the only one of its kind; holds the instance lock while it runs.
    Server,
    /// A command that works beside a running server; migrates only when no server runs.
    Command,
}

impl Store {
    /// Opens the database at `url` (`sqlite://FILE`), creating it if it is missing, and brings its schema up to date.
    ///
    /// # Errors
    /// When the URL is not SQLite's, another server holds the file, or the file cannot be opened, locked or migrated.
    pub async fn open(url: &str, opener: Opener) -> Result<Self, StoreError> {
        let path = url.strip_prefix("sqlite://").filter(|path| !path.is_empty()).ok_or_else(|| StoreError::Url(url.to_owned()))?;
        let lock = take_instance_lock(Path::new(path))?;
        if lock.is_none() && opener == Opener::Server {
            return Err(StoreError::InUse(path.to_owned()));
        }
        let options = SqliteConnectOptions::from_str(url).map_err(|_| StoreError::Url(url.to_owned()))?.busy_timeout(BUSY_TIMEOUT);
        let writing = options
            .clone()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // NORMAL may lose a committed transaction at power loss; an intent must be on disk before AWS is called.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true);
        // Not opened read-only: such a connection cannot make the files that readers of a WAL share.
        let reading = options.pragma("query_only", "ON");
        // Connections are kept for good: the last one to close would take the WAL with it.
        let pool = || SqlitePoolOptions::new().min_connections(1).idle_timeout(None).max_lifetime(None);
        let writer = pool().max_connections(1).connect_with(writing).await?;
        // A running server has migrated; only whoever holds the lock may.
        if lock.is_some() {
            MIGRATIONS.run(&writer).await?;
        }
        let reader = pool().max_connections(4).connect_with(reading).await?;
        let instance_lock = if opener == Opener::Server { lock.map(Arc::new) } else { None };
        Ok(Self { writer, reader, _instance_lock: instance_lock })
    }

    /// Begins a write transaction, with the write lock from the start.
    ///
    /// # Errors
    /// When the database is locked for longer than the busy timeout, read-only, full or gone.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Whether a write would go through now: takes the write lock and lets it go.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn check_writable(&self) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE counters SET value = value WHERE name = 'rev'").execute(&mut *tx).await?;
        tx.rollback().await?;
        Ok(())
    }

    /// The last number given to a commit.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn last_rev(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("SELECT value FROM counters WHERE name = 'rev'").fetch_one(&self.reader).await?)
    }
}

/// Commits a transaction; from here on it is on disk.
///
/// # Errors
/// When the disk is full or gone: then nothing of it happened.
pub async fn commit(tx: Tx) -> Result<(), StoreError> {
    Ok(tx.commit().await?)
}

/// The next number in the order of commits. The row stays locked until the transaction ends, so order is commit order.
///
/// # Errors
/// When the database cannot be written.
pub async fn next_rev(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("UPDATE counters SET value = value + 1 WHERE name = 'rev' RETURNING value").fetch_one(&mut **tx).await?)
}

/// Takes the lock beside the database file; `None` when another process holds it.
fn take_instance_lock(database: &Path) -> Result<Option<File>, StoreError> {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let failed = |source| StoreError::Lock { path: path.display().to_string(), source };
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}
