//! The database, and the only place with SQL: opening it, its lock, its migrations, and one file per table. Every write
//! that must be durable before AWS is called is on disk when its commit returns.

pub mod audit;
pub mod audit_search;
pub mod audit_streams;
mod backup;
pub mod changes;
pub mod checkpoints;
mod commits;
mod database;
pub mod drafts;
mod error;
mod filesystem;
pub mod history;
mod instance_lock;
pub mod instances;
mod interceptor;
pub mod inventory;
pub mod key_looks;
pub mod leases;
mod on;
mod opener;
pub mod password_links;
mod placeholders;
mod pools;
mod postgres;
mod presence;
mod probe;
pub mod provider_logouts;
pub mod provider_sign_ins;
pub mod provider_users;
mod remembered;
mod rights;
mod schema;
mod session_changes;
mod session_ends;
pub mod sessions;
pub mod sign_in_failures;
pub mod target_readers;
pub mod targets;
mod transport;
pub mod users;

use std::{fs::File, ops::RangeInclusive, path::PathBuf, sync::Arc};

#[cfg(test)]
pub use self::schema::migrations;
pub use self::{
    backup::Counts,
    changes::{Inserted, NewChange, Page},
    checkpoints::KnownFile,
    commits::Commits,
    database::Tx,
    error::StoreError,
    instances::Viewed,
    interceptor::Interceptor,
    inventory::StoredStream,
    key_looks::StoredKeyLook,
    leases::Leased,
    on::{On, TxConnection},
    opener::Opener,
    password_links::{LinkEnd, PasswordLink},
    provider_sign_ins::StartedSignIn,
    session_changes::SessionListener,
    sessions::{OwnSession, SignInRecord},
    target_readers::StoredFindings,
    targets::StoredPause,
    transport::{file_of, weakness},
    users::User,
};
use self::{
    commits::CommitListener,
    database::{Address, execute, fetch},
    on::Db,
    presence::{Missing, Presence},
    remembered::Remembered,
    session_changes::SessionChanges,
};
use super::random;
use crate::model::time::Timestamp;

/// Connections for reading, and as many for writing where there can be several.
const CONNECTIONS: u32 = 4;
/// Connections for searches.
const SEARCH_CONNECTIONS: u32 = 3;

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    writer: Db,
    reader: Db,
    /// For searches, which may take long: they never take the connections that sessions and changes need.
    searcher: Db,
    shared: Arc<Shared>,
    interceptor: Option<Arc<dyn Interceptor>>,
}

/// What all clones of a [`Store`] share.
#[derive(Debug)]
struct Shared {
    instance: String,
    /// The path and identity of the SQLite file when it was opened.
    file: Option<OpenFile>,
    remembered: Remembered,
    session_changes: SessionChanges,
    /// Other instances that seem to be gone.
    missing: Missing,
    /// The instance lock, held while `serve` runs; the operating system releases it however the process ends.
    _instance_lock: Option<File>,
    /// While it is held, other instances on the same Postgres know that this one is alive.
    presence: Option<Presence>,
    /// Hears of what other instances on the same Postgres commit.
    commits: Option<CommitListener>,
}

impl Shared {
    /// What a store has that holds no lock.
    fn of(instance: String) -> Self {
        Self {
            instance,
            file: None,
            remembered: Remembered::default(),
            session_changes: SessionChanges::default(),
            missing: Missing::default(),
            _instance_lock: None,
            presence: None,
            commits: None,
        }
    }
}

#[derive(Debug)]
struct OpenFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl Store {
    /// Opens the database at `url` (`sqlite://FILE` or `postgres://...`), and brings its schema up to date.
    ///
    /// # Errors
    /// When the URL is neither, the file is on a network file system or another server holds it, the database is empty
    /// and the opener needs what is in it, the schema is newer than this version, or older while a server runs beside
    /// this command, or the database cannot be reached, opened, locked or migrated.
    pub async fn open(url: &str, opener: Opener) -> Result<Self, StoreError> {
        match Address::parse(url)? {
            Address::Sqlite { path, options } => {
                filesystem::refuse_network(&path)?;
                let name = path.display().to_string();
                if opener == Opener::Command && !path.exists() {
                    return Err(StoreError::Missing(name));
                }
                let lock = instance_lock::take(&path)?;
                if lock.is_none() && opener == Opener::Server {
                    return Err(StoreError::InUse(name));
                }
                let pool = database::open_sqlite_writer(&options).await?;
                let writer = On::Sqlite(pool.clone());
                schema::refuse_missing(&writer, opener, &name).await?;
                schema::refuse_newer(&writer).await?;
                // Only the holder of the lock may migrate: the running server may be an older one.
                match &lock {
                    Some(_) => schema::migrations().run(&pool).await?,
                    None => schema::refuse_older(&writer).await?,
                }
                let reader = On::Sqlite(database::open_sqlite_readers(&options, CONNECTIONS).await?);
                let searcher = On::Sqlite(database::open_sqlite_readers(&options, SEARCH_CONNECTIONS).await?);
                let identity = database::file_identity(&path).map_err(|_| StoreError::Gone(name))?;
                let shared = Shared {
                    file: Some(OpenFile { path, identity }),
                    _instance_lock: lock.filter(|_| opener == Opener::Server),
                    ..Shared::of(random::id())
                };
                Ok(Self::of(writer, reader, searcher, shared))
            }
            Address::Postgres(options) => {
                postgres::try_out(&options).await?;
                let pool = postgres::open(&options, CONNECTIONS).await?;
                let writer = On::Postgres(pool.clone());
                // Separate connections: whoever waits for the write lock occupies one meanwhile.
                let reader = On::Postgres(postgres::open(&options, CONNECTIONS).await?);
                let searcher = On::Postgres(postgres::open(&options, SEARCH_CONNECTIONS).await?);
                schema::refuse_missing(&writer, opener, options.get_database().unwrap_or_default()).await?;
                schema::refuse_newer(&writer).await?;
                if opener != Opener::Server && presence::has_servers(&pool).await? {
                    schema::refuse_older(&writer).await?;
                } else {
                    postgres::migrate(&options, &schema::migrations()).await?;
                }
                let instance = random::id();
                let (presence, commits) = match opener {
                    Opener::Server => {
                        let commits = CommitListener::begin(options.clone());
                        (Some(Presence::announce(options, &instance).await?), Some(commits))
                    }
                    Opener::Setup | Opener::Command => (None, None),
                };
                let shared = Shared { presence, commits, ..Shared::of(instance) };
                Ok(Self::of(writer, reader, searcher, shared))
            }
        }
    }

    fn of(writer: Db, reader: Db, searcher: Db, shared: Shared) -> Self {
        Self { writer, reader, searcher, shared: Arc::new(shared), interceptor: None }
    }

    /// The same store with a hook around its write transactions.
    #[must_use]
    pub fn intercepted_by(self, interceptor: Arc<dyn Interceptor>) -> Self {
        Self { interceptor: Some(interceptor), ..self }
    }

    /// Whether other instances may work on the same database.
    pub const fn is_shared(&self) -> bool {
        matches!(self.writer, On::Postgres(_))
    }

    /// The id of this instance, which owns its leases. It is new after every start.
    fn instance(&self) -> &str {
        &self.shared.instance
    }

    /// Begins a write transaction, with the write lock from the start.
    ///
    /// # Errors
    /// When the database is locked for longer than a request may wait, read-only, full or gone.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        // SQLite would keep writing to a file that has been moved or deleted.
        if let Some(OpenFile { path, identity }) = &self.shared.file
            && database::file_identity(path).ok().as_ref() != Some(identity)
        {
            database::count_failure();
            return Err(StoreError::Gone(path.display().to_string()));
        }
        let mut tx = Tx::begin(&self.writer, self.interceptor.clone()).await?;
        if let Some(interceptor) = &self.interceptor {
            interceptor.begun(tx.on()).await?;
        }
        Ok(tx)
    }

    /// The time now: by the database's clock if several instances share the database, since their own clocks may
    /// differ; else `local`.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn now(&self, local: Timestamp) -> Result<Timestamp, StoreError> {
        match &self.reader {
            On::Sqlite(_) => Ok(local),
            On::Postgres(pool) => Ok(postgres::time_now(pool).await?),
        }
    }

    /// The last revision.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn last_rev(&self) -> Result<i64, StoreError> {
        let (rev,) = fetch!(one as (i64,), &self.reader, "SELECT value FROM counters WHERE name = 'rev'")?;
        Ok(rev)
    }
}

/// The next revision. Its row stays locked until the transaction ends, so revisions are in the order of commits.
///
/// # Errors
/// When the database cannot be written.
pub async fn next_rev(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(*reserve_revs(tx, 1).await?.end())
}

/// Raises the last revision to more than `seen`, which a database that has lost commits may not reach.
///
/// # Errors
/// When the database cannot be written.
pub async fn raise_rev(tx: &mut Tx, seen: i64) -> Result<(), StoreError> {
    tx.record_news();
    execute!(tx.on(), "UPDATE counters SET value = $1 WHERE name = 'rev' AND value < $1", seen + 1)?;
    Ok(())
}

/// The next `count` revisions, as one range.
///
/// # Errors
/// When the database cannot be written.
pub async fn reserve_revs(tx: &mut Tx, count: i64) -> Result<RangeInclusive<i64>, StoreError> {
    tx.record_news();
    let (last,) = fetch!(
        one as (i64,),
        tx.on(),
        "UPDATE counters SET value = value + $1 WHERE name = 'rev' RETURNING value",
        count
    )?;
    Ok(last - count + 1..=last)
}
