//! Databases for tests: a SQLite file in a directory of its own, or a database of its own in the Postgres that
//! `.ci/with-postgres` starts.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;

use crate::server::random;

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    #[default]
    Sqlite,
    Postgres,
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
                Self { url: format!("sqlite://{}", directory.path().join("test.db").display()), _directory: Some(directory) }
            }
            Kind::Postgres => {
                let server =
                    std::env::var("TEST_POSTGRES_URL").expect("tests on Postgres need one: run them as `.ci/with-postgres cargo test ...`");
                let name = format!("test_{}", random::id());
                let mut connection = PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
                sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await.unwrap();
                Self { url: format!("{server}/{name}"), _directory: None }
            }
        }
    }
}
