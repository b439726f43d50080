//! Databases for tests: a SQLite file in its own directory, or a separate database in the Postgres that
//! `.ci/with-postgres` starts.

use std::{path::Path, str::FromStr};

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

use crate::server::adapters::{
    random,
    store::{StoreError, migrations},
};

/// The kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    #[default]
    Sqlite,
    Postgres,
}

/// The URL of the server, without a database.
fn postgres() -> String {
    std::env::var("TEST_POSTGRES_URL")
        .expect("tests on Postgres need one: run them as `.ci/with-postgres cargo test ...`")
}

/// Runs a statement on the server, outside the test databases.
pub async fn at_postgres(statement: &str) {
    let mut connection = PgConnection::connect(&format!("{}/postgres", postgres())).await.unwrap();
    sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap();
}

/// Ends the connections to a test database.
pub async fn end_connections(name: &str) {
    at_postgres(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")).await;
}

/// An empty database, deleted with this value or with its server.
#[derive(Debug)]
pub struct TestDatabase {
    pub url: String,
    _directory: Option<TempDir>,
}

impl TestDatabase {
    pub async fn new(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => {
                let directory = tempfile::tempdir().unwrap();
                Self {
                    url: format!("sqlite://{}", directory.path().join("test.db").display()),
                    _directory: Some(directory),
                }
            }
            Kind::Postgres => {
                let name = format!("test_{}", random::id());
                at_postgres(&format!("CREATE DATABASE {name}")).await;
                Self { url: format!("{}/{name}", postgres()), _directory: None }
            }
        }
    }

    /// Runs any statement on its own connection, without Keystream knowing.
    pub async fn run(&self, statement: &str) {
        self.try_run(statement).await.unwrap();
    }

    /// The same for a statement that the database may refuse.
    pub async fn try_run(&self, statement: &str) -> Result<(), StoreError> {
        let statement = sqlx::raw_sql(AssertSqlSafe(statement.to_owned()));
        if self.url.starts_with("sqlite://") {
            let mut connection = SqliteConnection::connect(&self.url).await?;
            statement.execute(&mut connection).await?;
            connection.close().await?;
        } else {
            let mut connection = PgConnection::connect(&self.url).await?;
            statement.execute(&mut connection).await?;
            connection.close().await?;
        }
        Ok(())
    }

    /// The database's name in Postgres, or its SQLite file.
    pub fn name(&self) -> &str {
        self.url.strip_prefix("sqlite://").unwrap_or_else(|| self.url.rsplit('/').next().unwrap())
    }

    /// Removes everything, as if it were new.
    pub async fn empty(&self) {
        if self.url.starts_with("sqlite://") {
            for ending in ["", "-wal", "-shm"] {
                let _ = std::fs::remove_file(format!("{}{ending}", self.name()));
            }
        } else {
            self.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await;
        }
    }

    /// Puts a copy in place of a database on SQLite, as someone does who restores a backup.
    pub async fn put_back(&self, copy: &Path) {
        self.empty().await;
        std::fs::copy(copy, self.name()).unwrap();
    }

    /// Brings the schema to a version, as the program did that knew no later one.
    pub async fn migrate_to(&self, version: i64) {
        if self.url.starts_with("sqlite://") {
            let options = SqliteConnectOptions::from_str(&self.url).unwrap().create_if_missing(true);
            let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
            migrations().run_to(version, &mut connection).await.unwrap();
            connection.close().await.unwrap();
        } else {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            migrations().run_to(version, &mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
    }
}
