//! Copies of a SQLite database that others are using.

use std::path::Path;

use sqlx::{
    Connection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};

use super::{On, Shared, Store, database::fetch, error::StoreError, schema};
use crate::server::adapters::random;

/// How many rows a database has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub changes: i64,
    pub users: i64,
    pub streams: i64,
}

impl Store {
    /// Writes the database in a SQLite file, as it is at one moment, to `copy`, the path of an empty file. A server may
    /// read and write it meanwhile.
    ///
    /// It is not migrated: whoever upgrades makes a backup first.
    ///
    /// # Errors
    /// When there is no database, it can't be read, or the copy can't be written.
    pub async fn copy(database: &Path, copy: &str) -> Result<(), StoreError> {
        let mut connection = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(database)).await?;
        sqlx::query("VACUUM INTO $1").bind(copy).execute(&mut connection).await?;
        connection.close().await?;
        Ok(())
    }

    /// Opens a copy, which can only be read, and creates nothing beside it.
    ///
    /// # Errors
    /// When it is not a SQLite database, or its schema is newer than this version.
    pub async fn open_copy(copy: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new().filename(copy).read_only(true);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        let reader = On::Sqlite(pool);
        schema::refuse_newer(&reader).await?;
        Ok(Self::of(reader.clone(), reader.clone(), reader, Shared::of(random::id())))
    }

    /// Has SQLite check the whole file.
    ///
    /// # Errors
    /// When it finds damage, or the file can't be read.
    pub async fn check_integrity(&self) -> Result<(), StoreError> {
        let On::Sqlite(pool) = &self.reader else { return Ok(()) };
        let found: String = sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(pool).await?;
        if found == "ok" { Ok(()) } else { Err(StoreError::Damaged(found)) }
    }

    /// Counts what it has.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        let (changes, users, streams) = fetch!(
            one as (i64, i64, i64),
            &self.reader,
            "SELECT (SELECT COUNT(*) FROM changes), (SELECT COUNT(*) FROM users), (SELECT COUNT(*) FROM streams)"
        )?;
        Ok(Counts { changes, users, streams })
    }
}
