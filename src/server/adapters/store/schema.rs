//! The schema of this version, as migrations. One set serves both databases.

use std::borrow::Cow;

use sqlx::{
    SqlStr,
    migrate::{Migration, MigrationType, Migrator},
};

use super::{
    database::fetch,
    error::StoreError,
    on::{Db, On},
    opener::Opener,
};

/// The migrations, compiled in. Listed rather than found by `sqlx::migrate!`, because sqlx's macros would compile both
/// drivers a second time.
pub fn migrations() -> Migrator {
    Migrator::with_migrations(vec![
        migration(1, "first", include_str!("migrations/0001_first.sql")),
        migration(2, "leases", include_str!("migrations/0002_leases.sql")),
        migration(3, "accounts", include_str!("migrations/0003_accounts.sql")),
        migration(4, "targets", include_str!("migrations/0004_targets.sql")),
        migration(5, "quota", include_str!("migrations/0005_quota.sql")),
        migration(6, "password_links", include_str!("migrations/0006_password_links.sql")),
        migration(7, "pauses", include_str!("migrations/0007_pauses.sql")),
        migration(8, "audit_search", include_str!("migrations/0008_audit_search.sql")),
        migration(10, "checkpoints", include_str!("migrations/0010_checkpoints.sql")),
        migration(11, "oidc", include_str!("migrations/0011_oidc.sql")),
        migration(12, "audit_streams", include_str!("migrations/0012_audit_streams.sql")),
        migration(13, "readers", include_str!("migrations/0013_readers.sql")),
        migration(14, "history", include_str!("migrations/0014_history.sql")),
    ])
}

fn migration(version: i64, description: &'static str, sql: &'static str) -> Migration {
    let runs_outside_a_transaction = false;
    Migration::new(
        version,
        Cow::Borrowed(description),
        MigrationType::Simple,
        SqlStr::from_static(sql),
        runs_outside_a_transaction,
    )
}

/// Refuses a newer schema: an older version must not write into a schema whose rules it doesn't know.
///
/// # Errors
/// When the schema is newer than this version, or the database can't be read.
pub async fn refuse_newer(db: &Db) -> Result<(), StoreError> {
    let (found, known) = (version_of(db).await?, newest());
    if found > known { Err(StoreError::NewerSchema { found, known }) } else { Ok(()) }
}

/// Refuses the database called `name` if it has no schema and the opener works on what is in it.
///
/// # Errors
/// When there is no schema, or the database can't be read.
pub async fn refuse_missing(db: &Db, opener: Opener, name: &str) -> Result<(), StoreError> {
    let is_missing = opener == Opener::Command && version_of(db).await? == 0;
    if is_missing { Err(StoreError::Missing(name.to_owned())) } else { Ok(()) }
}

/// Refuses an older schema, for a command beside a running server: to migrate would stop the server's next start.
///
/// # Errors
/// When the schema is older than this version, or the database can't be read.
pub async fn refuse_older(db: &Db) -> Result<(), StoreError> {
    let (found, known) = (version_of(db).await?, newest());
    if found < known { Err(StoreError::OlderSchema { found, known }) } else { Ok(()) }
}

fn newest() -> i64 {
    migrations().iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Returns the version of a database's schema; 0 if it has none.
async fn version_of(db: &Db) -> Result<i64, StoreError> {
    let (has_migrations,): (i64,) = match db {
        On::Sqlite(on) => {
            sqlx::query_as("SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'").fetch_one(on).await?
        }
        On::Postgres(on) => {
            sqlx::query_as(
                "SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = '_sqlx_migrations'",
            )
            .fetch_one(on)
            .await?
        }
    };
    if has_migrations == 0 {
        return Ok(0);
    }
    let (found,) = fetch!(one as (i64,), db, "SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations")?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_list_holds_every_file_of_the_directory() {
        let mut files: Vec<(String, String)> = std::fs::read_dir(Path::new(file!()).with_file_name("migrations"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| {
                (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(path).unwrap())
            })
            .collect();
        files.sort();
        let listed: Vec<(String, String)> = migrations()
            .iter()
            .map(|each| (format!("{:04}_{}.sql", each.version, each.description), each.sql.as_str().to_owned()))
            .collect();
        assert_eq!(listed, files);
    }
}
