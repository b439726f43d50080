//! Databases that are opened, and addresses that name one.

use super::add_user;
use crate::{
    server::{
        adapters::store::{Opener, Store, StoreError},
        config::without_password,
    },
    tests::{
        database::{Kind, TestDatabase},
        support::until,
    },
};

on_both! {
    opening_again_keeps_everything(database, store) {
        add_user(&store, "anna").await;
        drop(store);
        let store = Store::open(&database.url, Opener::Command).await.unwrap();
        assert_eq!(store.users().await.unwrap().len(), 1);
        assert!(store.has_users().await.unwrap() && !store.has_demo_users().await.unwrap());
    }

    a_command_beside_an_older_server_leaves_its_schema_alone(database, store) {
        // As the running server would have left it, were it the version before this one.
        database.run("DELETE FROM _sqlx_migrations WHERE version = 14").await;
        let refused = Store::open(&database.url, Opener::Command).await.unwrap_err();
        assert!(matches!(refused, StoreError::OlderSchema { found: 13, known: 14 }), "{refused}");
        database.run("ALTER TABLE changes DROP COLUMN history").await;
        drop(store);
        let migrated = async || Store::open(&database.url, Opener::Command).await.ok();
        until(migrated).await;
    }

    a_newer_schema_is_refused_in_one_sentence(database, store) {
        let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) SELECT \
            9000, 'of tomorrow', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1";
        database.run(newer).await;
        drop(store);
        for opener in [Opener::Server, Opener::Setup, Opener::Command] {
            let error = Store::open(&database.url, opener).await.unwrap_err().to_string();
            assert!(error.starts_with("the database has schema 9000, and this Keystream knows schemas up to \
                ") && !error.contains('\n'), "{error}");
        }
    }
}

#[tokio::test]
async fn a_command_that_needs_what_is_in_the_database_makes_none() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let database = TestDatabase::new(kind).await;
        // Twice: the first one left nothing behind.
        for _ in 0..2 {
            let refused = Store::open(&database.url, Opener::Command).await.unwrap_err();
            assert!(matches!(refused, StoreError::Missing(_)), "{refused}");
        }
        if let Some(path) = database.url.strip_prefix("sqlite://") {
            assert!(!std::path::Path::new(path).exists());
        }
        drop(Store::open(&database.url, Opener::Setup).await.unwrap());
        Store::open(&database.url, Opener::Command).await.unwrap();
    }
}

#[tokio::test]
async fn a_password_in_the_address_is_not_repeated() {
    for url in ["mysql://user:secret@host/db", "postgres://user:secret@host:port/db", "mysql://h/d?password=secret"] {
        let error = Store::open(url, Opener::Setup).await.unwrap_err().to_string();
        assert!(
            error.starts_with("KEYSTREAM_DATABASE_URL takes sqlite://FILE or postgres://") && !error.contains("secret"),
            "{error}"
        );
    }
    for url in [
        "postgres://user:?secret/@host/db",
        "postgres://user:@secret@host",
        "postgres://host/db?user=u&password=secret&x=1",
    ] {
        let shown = without_password(url);
        assert!(!shown.contains("secret") && shown.contains("***") && shown.contains("host"), "{shown}");
    }
    assert_eq!(without_password("sqlite://keystream.db"), "sqlite://keystream.db");
}

#[tokio::test]
async fn what_a_url_of_sqlite_may_hold_names_one_file() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/my%20db.db?mode=rwc", directory.path().display());
    let store = Store::open(&url, Opener::Server).await.unwrap();
    store.check_writable().await.unwrap();
    let plain = format!("sqlite://{}/my%20db.db", directory.path().display());
    assert!(matches!(Store::open(&plain, Opener::Server).await, Err(StoreError::InUse(_))), "one file has one lock");
    assert!(directory.path().join("my db.db").exists());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_in_one_line() {
    let error =
        anyhow::Error::from(Store::open("postgres://user:secret@127.0.0.1:1/db", Opener::Server).await.unwrap_err());
    let line = format!("{error:#}");
    assert!(
        line.contains("onnection refused") && line.matches("refused").count() == 1 && !line.contains("secret"),
        "{line}"
    );
}
