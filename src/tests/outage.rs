//! A database that cannot be written: no call goes out, nobody signs in, what is known goes on being shown, and when
//! the database is back, so is Keystream, without a restart.

use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use sqlx::{Connection, PgConnection, SqliteConnection};

use super::{
    database::{Kind, at_postgres, end_connections},
    support::{Actor, PASSWORD, Setup, TestApp, borrowed, until},
};
use crate::{
    model::{access::identity::Role, change::End, time::Timestamp},
    server::{
        adapters::{aws::ListedStream, clock::Clock, store::Page},
        services::audit::{self, AuditAction, AuditEvent, Verified},
    },
};

/// Streams that are listed during an outage.
const MEANWHILE: usize = 1_300;

/// What can happen to a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Full,
    ReadOnly,
    Gone,
    Locked,
}

/// What undoes it.
enum Remedy {
    /// The disk gets room again.
    Empty,
    /// The disk can be written again.
    LetWrite,
    /// A statement in the database.
    Run(&'static str),
    /// A statement beside the database. Its connections stay, also those that can't write.
    RunBeside(String),
    Rename {
        from: String,
        to: String,
    },
    LetGo(Lock),
}

/// A connection that holds a lock until it is dropped.
#[expect(dead_code, reason = "held for what its drop does")]
enum Lock {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

async fn begin(app: &TestApp, database: Kind, trouble: Trouble) -> Remedy {
    match database {
        Kind::Sqlite => begin_on_sqlite(app, trouble).await,
        Kind::Postgres => begin_on_postgres(app, trouble).await,
    }
}

async fn begin_on_sqlite(app: &TestApp, trouble: Trouble) -> Remedy {
    let store = &app.store;
    match trouble {
        Trouble::Full => {
            // No page is left, and those that there are fill up.
            app.crash.is_full.store(true, Ordering::SeqCst);
            for length in [2_000, 200, 20, 0] {
                let filler = AuditEvent {
                    reason: "x".repeat(length),
                    ..AuditEvent::by_server(Timestamp::from_millis(0), AuditAction::ServerStarted, "")
                };
                loop {
                    let mut tx = store.write().await.unwrap();
                    if audit::append(&mut tx, filler.clone()).await.is_err() || tx.commit().await.is_err() {
                        break;
                    }
                }
            }
            Remedy::Empty
        }
        Trouble::ReadOnly => {
            app.crash.is_read_only.store(true, Ordering::SeqCst);
            Remedy::LetWrite
        }
        Trouble::Gone => {
            let (file, elsewhere) = (app.database().name().to_owned(), format!("{}.away", app.database().name()));
            std::fs::rename(&file, &elsewhere).unwrap();
            Remedy::Rename { from: elsewhere, to: file }
        }
        Trouble::Locked => {
            let mut other = SqliteConnection::connect(&app.database_url).await.unwrap();
            sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
            Remedy::LetGo(Lock::Sqlite(other))
        }
    }
}

async fn begin_on_postgres(app: &TestApp, trouble: Trouble) -> Remedy {
    let name = app.database().name();
    match trouble {
        Trouble::Full => {
            let full = "CREATE FUNCTION is_full() RETURNS trigger LANGUAGE plpgsql AS
                        $$BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END$$;
                        CREATE TRIGGER full_audit BEFORE INSERT ON audit EXECUTE FUNCTION is_full();
                        CREATE TRIGGER full_counters BEFORE UPDATE ON counters EXECUTE FUNCTION is_full()";
            app.database().run(full).await;
            Remedy::Run("DROP TRIGGER full_audit ON audit; DROP TRIGGER full_counters ON counters")
        }
        Trouble::ReadOnly => {
            at_postgres(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await;
            end_connections(name).await;
            Remedy::RunBeside(format!("ALTER DATABASE {name} RESET default_transaction_read_only"))
        }
        Trouble::Gone => {
            at_postgres(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await;
            end_connections(name).await;
            Remedy::RunBeside(format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
        }
        Trouble::Locked => {
            let mut other = PgConnection::connect(&app.database_url).await.unwrap();
            sqlx::query("BEGIN").execute(&mut other).await.unwrap();
            sqlx::query("LOCK TABLE counters, audit, changes IN EXCLUSIVE MODE").execute(&mut other).await.unwrap();
            Remedy::LetGo(Lock::Postgres(other))
        }
    }
}

impl Remedy {
    async fn apply(self, app: &TestApp) {
        match self {
            Self::Empty => app.crash.is_full.store(false, Ordering::SeqCst),
            Self::LetWrite => app.crash.is_read_only.store(false, Ordering::SeqCst),
            Self::Run(statement) => app.database().run(statement).await,
            Self::RunBeside(statement) => at_postgres(&statement).await,
            Self::Rename { from, to } => std::fs::rename(from, to).unwrap(),
            Self::LetGo(lock) => drop(lock),
        }
    }
}

/// AWS goes on listing streams, many more than a write takes.
fn list_meanwhile(app: &TestApp) {
    let listed = |number: usize| ListedStream {
        name: format!("zz-listed-meanwhile-{number}").parse().unwrap(),
        arn: None,
        status: None,
        created: None,
        asked_at: app.clock.now(),
    };
    let inventory = &app.state.inventory;
    inventory.record_listed(&inventory.targets()[0], &(0..MEANWHILE).map(listed).collect::<Vec<_>>());
}

async fn check(database: Kind, trouble: Trouble) {
    let app = TestApp::with(Setup { database, ..Setup::default() }).await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let fields = operator.confirmation("orders-prod").await;
    let remedy = begin(&app, database, trouble).await;
    list_meanwhile(&app);

    // Not sent, said so, and how to send it oneself.
    let answer = operator.post("/api/disable", &borrowed(&fields)).await;
    assert_eq!(
        (answer.status, answer.header("retry-after")),
        (StatusCode::SERVICE_UNAVAILABLE, "60"),
        "{}",
        answer.body
    );
    for text in ["Nothing was sent.", "kinesis stop-stream-encryption", " UTC): aws"] {
        assert!(answer.body.contains(text), "{text}: {}", answer.body);
    }
    assert_eq!(app.calls("StopStreamEncryption").await, 0);

    let sign_in = app.anonymous().post("/api/sign-in", &[("user_name", "viewer"), ("password", PASSWORD)]).await;
    assert_eq!(
        (sign_in.status, sign_in.header("retry-after")),
        (StatusCode::SERVICE_UNAVAILABLE, "60"),
        "{}",
        sign_in.body
    );
    assert_eq!(sign_in.header("set-cookie"), "");
    let wrong =
        app.anonymous().post("/api/sign-in", &[("user_name", "viewer"), ("password", "wrong wrong wrong")]).await;
    assert_eq!(wrong.status, StatusCode::SERVICE_UNAVAILABLE, "a refusal that cannot be written down is not given");
    assert_eq!(app.anonymous().get("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    let (cookie, _) = operator.cookie.as_deref().unwrap().split_once('=').unwrap();
    let unknown = Actor { cookie: Some(format!("{cookie}={}", "A".repeat(22))), ..app.anonymous() };
    for actor in [&app.anonymous(), &operator, &unknown] {
        assert_eq!(actor.get("/livez").await.status, StatusCode::OK, "{:?}", actor.cookie);
    }

    // What is known is shown all the same.
    let list = operator.get("/streams").await;
    assert_eq!(list.status, StatusCode::OK, "{}", list.body);
    assert!(list.body.contains("orders-prod"));

    remedy.apply(&app).await;
    until(|| async { (app.anonymous().get("/readyz").await.status == StatusCode::OK).then_some(()) }).await;
    let written = || async {
        let streams = app.store.streams().await.ok()?;
        Some(streams.iter().filter(|stream| stream.id.name.as_str().starts_with("zz-listed-meanwhile-")).count())
    };
    until(|| async { (written().await? == MEANWHILE).then_some(()) }).await;
    let recorded = app.store.changes(Page { skip: 0, take: 10 }).await.unwrap();
    assert!(
        recorded.iter().all(|change| !change.is_active()),
        "nothing that was refused goes on afterwards: {recorded:?}"
    );
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
    let id = app.actor(Role::Operator).await.disable("orders-prod").await;
    let ended = app.change_when(&id, |change| !change.is_active()).await;
    assert_eq!(ended.end.map(|end| end.how), Some(End::Settled));
    assert_eq!(app.calls("StopStreamEncryption").await, 1);
    assert!(matches!(audit::verify(&app.store).await.unwrap(), Verified::Whole { .. }));
}

macro_rules! outages {
    ($($name:ident: $database:ident, $trouble:ident;)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                check(Kind::$database, Trouble::$trouble).await;
            }
        )*
    };
}

outages! {
    sqlite_on_a_full_disk: Sqlite, Full;
    sqlite_on_a_disk_that_is_read_only: Sqlite, ReadOnly;
    sqlite_whose_file_is_gone: Sqlite, Gone;
    sqlite_that_another_process_locks: Sqlite, Locked;
    postgres_on_a_full_disk: Postgres, Full;
    postgres_that_is_read_only: Postgres, ReadOnly;
    postgres_that_is_gone: Postgres, Gone;
    postgres_that_another_session_locks: Postgres, Locked;
}
