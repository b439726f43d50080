//! Why a database operation failed.

use thiserror::Error;

use crate::model::access::requester::Uncertain;

/// Why a database operation failed. Each message is complete: it contains its cause, which is therefore not a `source`.
#[derive(Debug, Error)]
pub enum StoreError {
    #[error("the database failed: {0}")]
    Database(sqlx::Error),
    #[error("the database did not answer within 5 s")]
    Silent,
    #[error(
        "a pooler between Keystream and Postgres shares sessions between transactions: give Keystream sessions of its \
        own (in pgbouncer, pool_mode=session), or connect directly"
    )]
    SharedSessions,
    #[error(
        "the database doesn't keep {name}={wanted} for a session (it is {found}): connect to Postgres directly, or \
        through a pooler that keeps sessions"
    )]
    NotInForce { name: &'static str, wanted: &'static str, found: String },
    #[error("KEYSTREAM_DATABASE_URL takes one host: that of a proxy, or a name or address that leads to the primary")]
    SeveralHosts,
    #[error("the database's schema could not be brought up to date: {0}")]
    Migration(sqlx::migrate::MigrateError),
    #[error(
        "the database has schema {found}, and this Keystream knows schemas up to {known}: start the version that made \
        it, or a newer one"
    )]
    NewerSchema { found: i64, known: i64 },
    #[error(
        "the database has schema {found}, and the Keystream that is running on it is older than this one, which knows \
        schema {known}: use the command of that version, or upgrade the server first"
    )]
    OlderSchema { found: i64, known: i64 },
    #[error("{0} is in use by another running Keystream; SQLite serves one instance")]
    InUse(String),
    #[error(
        "{path} is on a network file system ({kind}), where SQLite can lose what it has written: put it on a disk of \
        this machine, or use Postgres"
    )]
    OnNetwork { path: String, kind: &'static str },
    #[error("the database is damaged, says SQLite: {0}")]
    Damaged(String),
    #[error(
        "KEYSTREAM_DATABASE_URL takes a file in a directory where Keystream may write: the lock file {path} could not \
        be used: {cause}"
    )]
    Lock { path: String, cause: std::io::Error },
    #[error(
        "nothing of Keystream's is in the database {0}: if that is the one that KEYSTREAM_DATABASE_URL should name, \
        start `keystream serve` first"
    )]
    Missing(String),
    #[error("the database file {0} is not where it was when Keystream started")]
    Gone(String),
    #[error("the change was sent or has ended meanwhile, or another instance has taken it over")]
    NotHeld,
    #[error(transparent)]
    Uncertain(#[from] Uncertain),
    #[error("a stored row could not be read: {0}")]
    Row(serde_json::Error),
    #[error("a stored row holds something unknown: {0}")]
    UnknownValue(String),
    #[error(
        "KEYSTREAM_DATABASE_URL takes sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE; \u{201c}{0}\u{201d} is \
        something else"
    )]
    Url(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Self::Migration(error)
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Row(error)
    }
}

impl StoreError {
    /// Whether a unique index refused a row.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}
