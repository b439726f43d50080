//! What only Postgres has: sessions with settings of their own, and sessions that can't write.

use sqlx::{Connection, PgConnection};

use crate::{
    server::adapters::store::{On, Opener, Store, StoreError},
    tests::{
        database::{Kind, TestDatabase, at_postgres, end_connections},
        support::until,
    },
};

async fn database() -> TestDatabase {
    TestDatabase::new(Kind::Postgres).await
}

#[tokio::test]
async fn a_database_that_ignores_settings_is_refused_in_one_sentence() {
    let database = database().await;
    // Says that it is done, and does nothing.
    let ignoring = "CREATE FUNCTION set_config(text, text, boolean) RETURNS text LANGUAGE sql AS 'SELECT $2'";
    database.run(ignoring).await;
    at_postgres(&format!("ALTER DATABASE {} SET search_path = public, pg_catalog", database.name())).await;
    let error = Store::open(&database.url, Opener::Setup).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "the database doesn't keep lock_timeout=5s for a session (it is 0): connect to Postgres directly, or through \
        a pooler that keeps sessions"
    );
}

#[tokio::test]
async fn settings_hold_whatever_the_database_and_its_url_say() {
    let database = database().await;
    at_postgres(&format!("ALTER DATABASE {} SET synchronous_commit = off", database.name())).await;
    let url = format!("{}?options=-c%20statement_timeout%3D1h", database.url);
    let store = Store::open(&url, Opener::Server).await.unwrap();
    let mut tx = store.write().await.unwrap();
    for (name, expected) in [("synchronous_commit", "on"), ("statement_timeout", "10s"), ("lock_timeout", "5s")] {
        let On::Postgres(session) = tx.on() else { panic!("not on Postgres") };
        let show = format!("SHOW {name}");
        let value: String = sqlx::query_scalar(sqlx::AssertSqlSafe(show)).fetch_one(session).await.unwrap();
        assert_eq!(value, expected, "{name}");
    }
    tx.rollback().await.unwrap();
    let mut other = PgConnection::connect(&database.url).await.unwrap();
    let default: String = sqlx::query_scalar("SHOW synchronous_commit").fetch_one(&mut other).await.unwrap();
    assert_eq!(default, "off", "without Keystream's settings");
}

#[tokio::test]
async fn a_session_that_cannot_write_is_not_used_again() {
    let database = database().await;
    let store = Store::open(&database.url, Opener::Server).await.unwrap();
    at_postgres(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", database.name())).await;
    end_connections(database.name()).await;
    for _ in 0..3 {
        let error = store.check_writable().await.unwrap_err().to_string();
        assert!(error.contains("in a read-only transaction"), "{error}");
        // Reading goes on.
        assert!(store.users().await.unwrap().is_empty());
    }
    at_postgres(&format!("ALTER DATABASE {} RESET default_transaction_read_only", database.name())).await;
    // At once: the sessions from before would go on refusing.
    store.check_writable().await.unwrap();
}

/// The process of Postgres that holds the lock by which other instances know this one.
async fn holder(database: &TestDatabase) -> Option<i32> {
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let locks = "SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
        WHERE locktype = 'advisory' AND objsubid = 2 AND datname = current_database()";
    sqlx::query_scalar(locks).fetch_optional(&mut connection).await.unwrap()
}

#[tokio::test]
async fn after_postgres_ended_all_connections_everything_goes_on() {
    let database = database().await;
    let store = Store::open(&database.url, Opener::Server).await.unwrap();
    let before = holder(&database).await.unwrap();
    for _ in 0..3 {
        end_connections(database.name()).await;
        store.check_writable().await.unwrap();
        assert!(store.users().await.unwrap().is_empty());
    }
    until(|| async { holder(&database).await.filter(|pid| *pid != before) }).await;
}

#[tokio::test]
async fn several_hosts_are_refused() {
    for url in ["postgres://u@one.example,two.example/x", "postgres://u@h/x?host=one.example,two.example"] {
        let error = Store::open(url, Opener::Setup).await.unwrap_err();
        assert!(matches!(error, StoreError::SeveralHosts), "{url}: {error}");
    }
}
