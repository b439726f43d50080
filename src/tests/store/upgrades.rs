//! Databases that earlier versions left behind, one for each schema, with changes under way.
//!
//! The rows in `upgrades/` are as the program wrote them while their schema was the newest. Those of a released schema
//! stay as they are; a new migration brings its own.

use serde_json::json;

use crate::{
    model::{
        access::identity::Role,
        change::{
            Change, End,
            refusal::{Flaw, Precondition, Refusal, RefusalKind},
        },
    },
    server::{
        adapters::store::migrations,
        services::audit::{self, Verified},
    },
    tests::{
        armed::{arm, reshard},
        database::{Kind, TestDatabase},
        support::{ACCOUNT, REGION, Setup, TestApp},
    },
};

/// No rows of its own.
const NOTHING: &str = "";

/// The rows of each schema.
const ROWS: [(i64, &str); 13] = [
    (1, include_str!("upgrades/0001_first.sql")),
    (2, include_str!("upgrades/0002_leases.sql")),
    (3, include_str!("upgrades/0003_accounts.sql")),
    (4, include_str!("upgrades/0004_targets.sql")),
    // An index alone.
    (5, NOTHING),
    (6, include_str!("upgrades/0006_password_links.sql")),
    (7, include_str!("upgrades/0007_pauses.sql")),
    // An index alone.
    (8, NOTHING),
    // Its rows name a host and a key, which no file knows before a start.
    (10, NOTHING),
    (11, include_str!("upgrades/0011_oidc.sql")),
    // Its rows name a place, and streaming begins without one.
    (12, NOTHING),
    // Its rows are of instances, none of which outlives an upgrade.
    (13, NOTHING),
    // A column alone.
    (14, NOTHING),
];
/// The schemas whose rows add a user.
const WITH_A_USER: [i64; 3] = [1, 3, 11];

/// Makes the database one that has lived through all schemas up to this one.
async fn leave(database: &TestDatabase, schema: i64) {
    database.empty().await;
    for (version, rows) in ROWS.into_iter().filter(|(version, _)| *version <= schema) {
        database.migrate_to(version).await;
        if rows != NOTHING {
            database.run(rows).await;
        }
    }
}

async fn check_upgrades(kind: Kind) {
    for (schema, _) in ROWS {
        let app = TestApp::with(Setup { database: kind, is_mortal: true, pace: 20, ..Setup::default() }).await;
        // AWS has carried out what was sent.
        let done = json!({
            "account": ACCOUNT, "region": REGION, "name": "orders-prod", "key": "", "created": 1_682_655_200
        });
        app.control("streams", done).await;
        let checkpoints = app.checkpoints.clone();
        let earlier = async |database: &TestDatabase| {
            std::fs::remove_file(&checkpoints).unwrap();
            leave(database, schema).await;
        };
        let app = app.killed_and_started_after(earlier).await;
        check_upgraded(&app, kind, schema).await;
    }
}

/// Checks that everything is there, and that the changes went on.
async fn check_upgraded(app: &TestApp, kind: Kind, schema: i64) {
    let what = &format!("{kind:?}, schema {schema}");
    assert_eq!(app.state.read_only.alarm(), None, "{what}");
    let is_over = |change: &Change| !change.is_active();
    let sent = app.change_when("sentbefore000000", is_over).await;
    assert_eq!(sent.end.map(|ending| ending.how), Some(End::Settled), "{what}");
    assert!(sent.evidence.outcome_unknown.is_some(), "{what}: nobody wrote the answer down");
    let waiting = app.change_when("waitsbefore00000", is_over).await;
    match (kind, waiting.end.map(|ending| ending.how)) {
        (
            Kind::Sqlite,
            Some(End::Rejected(Refusal {
                kind: RefusalKind::Precondition(Precondition::NotAuthentic { flaw }), ..
            })),
        ) => assert_eq!(flaw, Flaw::NoMac, "{what}"),
        // Earlier versions didn't note which history of the database a change was recorded in.
        (Kind::Postgres, Some(End::Superseded { .. })) => assert!(waiting.evidence.is_sent_in_doubt, "{what}"),
        (_, end) => panic!("{what}: {end:?}"),
    }
    assert_eq!(app.calls("StopStreamEncryption").await, 0, "{what}");

    let users = app.store.users().await.unwrap();
    assert_eq!(users.len(), WITH_A_USER.iter().filter(|with| **with <= schema).count(), "{what}");
    let streams = app.store.streams().await.unwrap();
    assert!(streams.iter().any(|stream| stream.id.name.as_str() == "orders-prod"), "{what}");
    assert!(matches!(audit::verify(&app.store).await.unwrap(), Verified::Whole { .. }), "{what}");
}

#[tokio::test]
async fn a_database_of_every_schema_is_taken_over_on_sqlite() {
    check_upgrades(Kind::Sqlite).await;
}

#[tokio::test]
async fn a_database_of_every_schema_is_taken_over_on_postgres() {
    check_upgrades(Kind::Postgres).await;
}

/// What takes a schema back to the one before it, with the rows that this version wrote, newest first. Those from
/// schema 12 on authenticate a change as this version does.
const TAKEN_BACK: [(i64, &str); 2] = [
    (14, "ALTER TABLE changes DROP COLUMN history"),
    (
        13,
        "DROP INDEX streams_by_rev; ALTER TABLE streams DROP COLUMN writer; DROP TABLE target_readers; DROP TABLE \
        instances; DROP TABLE key_looks",
    ),
];

#[tokio::test]
async fn a_change_that_waits_with_its_authentication_code_is_sent_after_an_upgrade() {
    for schemas in 1..=TAKEN_BACK.len() {
        let app = TestApp::with(Setup { is_mortal: true, ..Setup::default() }).await;
        reshard(&app, 5_000).await;
        let waiting = arm(&app.actor(Role::Operator).await).await;
        let earlier = async |database: &TestDatabase| {
            for (version, statements) in &TAKEN_BACK[..schemas] {
                database.run(statements).await;
                database.run(&format!("DELETE FROM _sqlx_migrations WHERE version = {version}")).await;
            }
        };
        let app = app.killed_and_started_after(earlier).await;
        let change = app.change_when(&waiting, |change| !change.is_active()).await;
        assert_eq!(change.end.map(|ending| ending.how), Some(End::Settled), "{schemas} back");
        assert_eq!(app.calls("StopStreamEncryption").await, 1, "{schemas} back");
    }
}

#[test]
fn every_schema_has_rows_to_upgrade() {
    let schemas: Vec<i64> = migrations().iter().map(|migration| migration.version).collect();
    assert_eq!(ROWS.map(|(version, _)| version).as_slice(), schemas, "a new migration needs an entry in ROWS");
}
