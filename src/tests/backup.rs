//! `keystream backup`: what a copy holds, who can read it, and when there is none.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{
    database::{Kind, TestDatabase},
    support::TestApp,
};
use crate::{
    model::access::identity::Role,
    server::{
        adapters::store::{Opener, Store, next_rev},
        cli::backup,
        config::{Flags, Settings},
    },
};

/// A place for a backup.
struct Place {
    directory: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("backup.db")
    }

    /// The names of what is there.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.directory.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

/// Backs a database up, and returns what is printed or the error.
pub(super) async fn back_up(url: &str, file: &Path) -> Result<String, String> {
    let flags = Flags([("database_url".to_owned(), url.to_owned())].into());
    let settings = Settings::load(&flags, None).unwrap();
    let mut said = Vec::new();
    match backup::run(&settings, file, &mut said).await {
        Ok(()) => Ok(String::from_utf8(said).unwrap()),
        Err(error) => Err(format!("{error:#}")),
    }
}

#[tokio::test]
async fn a_backup_beside_a_server_that_writes_is_whole_and_private() {
    let app = TestApp::start().await;
    app.actor(Role::Viewer).await;
    app.actor(Role::Admin).await;
    // What isn't committed yet is not in it, and keeps nobody waiting.
    let mut tx = app.store.write().await.unwrap();
    let uncommitted = next_rev(&mut tx).await.unwrap();
    let place = Place::new();
    let said = back_up(&app.database_url, &place.file()).await.unwrap();
    tx.commit().await.unwrap();

    let size = std::fs::metadata(place.file()).unwrap().len();
    let begins = format!("{}: {size} bytes; changes 0, users 4, streams ", place.file().display());
    assert!(said.starts_with(&begins), "{said}");
    let name = app.database().name();
    let beside = format!("key {name}.checkpoint-key.pem and file {name}.checkpoints.jsonl.\n");
    assert!(said.contains(&beside) && said.contains("The audit chain in it is whole: 2 rows, head "), "{said}");
    assert_eq!(std::fs::metadata(place.file()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(place.names(), ["backup.db"], "nothing is left beside it");

    let copy = Store::open(&format!("sqlite://{}", place.file().display()), Opener::Command).await.unwrap();
    assert_eq!(copy.audit_rows(0, 10).await.unwrap(), app.store.audit_rows(0, 10).await.unwrap());
    assert!(copy.last_rev().await.unwrap() < uncommitted);
}

#[tokio::test]
async fn a_backup_replaces_nothing_and_creates_no_database() {
    let app = TestApp::start().await;
    let place = Place::new();
    std::fs::write(place.file(), "kept").unwrap();
    let error = back_up(&app.database_url, &place.file()).await.unwrap_err();
    assert!(error.ends_with("exists, and a backup replaces nothing; name another file"), "{error}");
    assert_eq!(std::fs::read_to_string(place.file()).unwrap(), "kept");
    let nowhere = place.directory.path().join("missing/backup.db");
    let error = back_up(&app.database_url, &nowhere).await.unwrap_err();
    assert!(error.starts_with(&format!("{}: ", nowhere.display())), "{error}");

    let other = Place::new();
    let missing = other.directory.path().join("missing.db");
    let error = back_up(&format!("sqlite://{}?mode=rwc", missing.display()), &other.file()).await.unwrap_err();
    assert_eq!(error, format!("there is no database {}; nothing was copied", missing.display()));
    std::fs::write(&missing, "this is not a database, however long its text may be").unwrap();
    back_up(&format!("sqlite://{}", missing.display()), &other.file()).await.unwrap_err();
    assert_eq!(other.names(), ["missing.db"]);
}

#[tokio::test]
async fn a_backup_of_a_broken_chain_is_kept_and_named() {
    let app = TestApp::start().await;
    app.actor(Role::Viewer).await;
    app.database().run("UPDATE audit SET target = 'x' WHERE seq = 1").await;
    let place = Place::new();
    let error = back_up(&app.database_url, &place.file()).await.unwrap_err();
    let expected = "is written, but its audit chain, like the database's, is broken at row 1: its content was changed";
    assert!(error.ends_with(expected), "{error}");
    assert_eq!(place.names(), ["backup.db"]);
}

#[tokio::test]
async fn a_backup_before_an_upgrade_leaves_the_schema_as_it_is() {
    let (database, place) = (TestDatabase::new(Kind::Sqlite).await, Place::new());
    database.migrate_to(1).await;
    let said = back_up(&database.url, &place.file()).await.unwrap();
    assert!(said.contains("; changes 0, users 0, streams 0\n"), "{said}");
    // A column of the second schema, which could not be added if that schema were there.
    let lacks_leases = "ALTER TABLE changes ADD COLUMN fence BIGINT NOT NULL DEFAULT 0";
    database.run(lacks_leases).await;
    database.put_back(&place.file()).await;
    database.run(lacks_leases).await;
}

#[tokio::test]
async fn on_postgres_it_names_what_to_use_instead() {
    let place = Place::new();
    let error = back_up("postgres://user:secret@127.0.0.1:1/keystream", &place.file()).await.unwrap_err();
    for text in ["back up Postgres with pg_dump", "KEYSTREAM_CHECKPOINT_KEY", "KEYSTREAM_CHECKPOINT_FILE"] {
        assert!(error.contains(text) && !error.contains('\n'), "{error}");
    }
    assert!(place.names().is_empty());
}
