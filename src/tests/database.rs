//! Databases for tests: a SQLite file in a directory of its own, or a database of its own in the Postgres that
//! `.ci/with-postgres` starts.

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use tempfile::TempDir;

use crate::server::adapters::{random, store::StoreError};

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    #[default]
    Sqlite,
    Postgres,
}

/// The server without a database.
fn postgres() -> String {
    std::env::var("TEST_POSTGRES_URL")
        .expect("tests on Postgres need one: run them as `.ci/with-postgres cargo test ...`")
}

/// Runs a statement at the server, beside all databases of tests.
pub async fn at_postgres(statement: &str) {
    let mut connection = PgConnection::connect(&format!("{}/postgres", postgres())).await.unwrap();
    sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap();
}

/// An empty database; it goes with this, or with its server.
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

    /// Runs any statement behind everybody's back, on a connection of its own.
    pub async fn run(&self, statement: &str) {
        self.try_run(statement).await.unwrap();
    }

    /// The same, where the database may refuse it.
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

    /// The database's name in Postgres, or SQLite's file.
    pub fn name(&self) -> &str {
        self.url.strip_prefix("sqlite://").unwrap_or_else(|| self.url.rsplit('/').next().unwrap())
    }
}
