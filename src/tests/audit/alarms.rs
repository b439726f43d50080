//! A database that was put back or changed is noticed, and nothing is sent.

use axum::http::StatusCode;

use super::{add_rows, finding};
use crate::{
    model::access::identity::Role,
    tests::{
        database::{Kind, TestDatabase},
        support::{ACCOUNT, Actor, REGION, Setup, TestApp, borrowed, until},
    },
};

#[tokio::test]
async fn an_older_database_put_back_makes_keystream_read_only_until_it_is_acknowledged() {
    let app = TestApp::with(Setup { is_mortal: true, ..Setup::default() }).await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let cookie = operator.cookie.clone();
    let fields = operator.confirmation("orders-prod").await;
    add_rows(&app, 1).await;
    let directory = tempfile::tempdir().unwrap();
    let backup = directory.path().join("backup.db");
    app.database().run(&format!("VACUUM INTO '{}'", backup.display())).await;
    add_rows(&app, 1).await;
    let app = app.killed_and_started_again().await;
    assert_eq!(finding(&app), None);

    let app = app.killed_and_started_after(async |database: &TestDatabase| database.put_back(&backup).await).await;
    let found = "Line 2 of the checkpoint file: the chain had 3 rows then and has 2 now: its end was removed, or an \
        older database was put back.";
    assert_eq!(finding(&app).as_deref(), Some(found));
    let operator = Actor { cookie: cookie.clone(), ..app.anonymous() };
    for path in ["/streams", "/settings", "/keys", "/nowhere"] {
        let page = operator.get(path).await.body.replace("&#x27;", "'");
        assert!(page.contains("the audit chain doesn't match its checkpoints. "), "{path}: {page}");
        assert!(page.contains(found) && page.contains("Tell a Keystream administrator."), "{path}: {page}");
    }
    let list = operator.get("/streams").await.body;
    assert!(list.contains("orders-prod") && !list.contains("/disable\""), "reads go on: {list}");
    let confirmation = operator.get(&format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable")).await;
    assert_eq!(confirmation.status, StatusCode::FORBIDDEN);
    assert_eq!(operator.post("/api/disable", &borrowed(&fields)).await.status, StatusCode::FORBIDDEN);
    assert_eq!(app.anonymous().get("/readyz").await.status, StatusCode::OK);
    let rows = app.store.audit_rows(0, 100).await.unwrap();
    let alarms: Vec<_> = rows.iter().filter(|row| row.event.action.name() == "audit.alarm").collect();
    assert_eq!(alarms.len(), 1);
    assert_eq!((alarms[0].event.actor.as_str(), alarms[0].event.result.as_str()), ("keystream", found));

    // Neither a restart nor whoever writes to the database ends it.
    let app = app.killed_and_started_again().await;
    assert_eq!(finding(&app).as_deref(), Some(found));
    let forget = async |database: &TestDatabase| database.run("DELETE FROM chain_alarms").await;
    let app = app.killed_and_started_after(forget).await;
    assert!(finding(&app).is_some());
    let forged = "UPDATE chain_alarms SET acknowledged_at = 1, acknowledged_by = 'admin', reason = 'x', mac = 'ab'";
    app.database().run(forged).await;
    assert!(app.state.read_only.is_on());
    let app = app.killed_and_started_again().await;
    assert!(finding(&app).is_some());
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
}

#[tokio::test]
async fn a_chain_that_was_truncated_or_touched_is_found_within_the_hour() {
    for database in [Kind::Sqlite, Kind::Postgres] {
        for (act, expected) in [
            ("DELETE FROM audit WHERE seq > 1", "rows then and has 1 now: its end was removed"),
            ("UPDATE audit SET target = 'x' WHERE seq = 1", "Row 1 of the audit chain: its content was changed."),
            ("DELETE FROM audit WHERE seq = 1", "Row 2 of the audit chain: a row before it is missing."),
        ] {
            // An hour is two seconds.
            let app = TestApp::with(Setup { database, pace: 1_800, ..Setup::default() }).await;
            add_rows(&app, 3).await;
            let has_checkpoint = || std::fs::read_to_string(&app.checkpoints).unwrap().contains("\"seq\":3");
            until(|| async { has_checkpoint().then_some(()) }).await;
            assert_eq!(finding(&app), None);
            app.database().run(act).await;
            let found = until(|| async { finding(&app) }).await;
            assert!(found.contains(expected), "{database:?}, {act}: {found}");
            assert!(app.state.read_only.is_on());
        }
    }
}

#[tokio::test]
async fn a_row_that_is_added_after_the_last_checkpoint_is_no_alarm() {
    let app = TestApp::with(Setup { is_mortal: true, ..Setup::default() }).await;
    add_rows(&app, 2).await;
    let app = app.killed_and_started_again().await;
    add_rows(&app, 2).await;
    let app = app.killed_and_started_again().await;
    assert_eq!(finding(&app), None);
}

#[tokio::test]
async fn an_alarm_of_one_instance_makes_all_of_them_read_only() {
    let setup = Setup { database: Kind::Postgres, is_mortal: true, ..Setup::default() };
    let first = TestApp::with(setup).await;
    add_rows(&first, 3).await;
    let first = first.killed_and_started_again().await;
    let second = first.another().await;
    second.known("orders-prod").await;
    assert_eq!((finding(&first), finding(&second)), (None, None), "a new file beside a running instance is no loss");
    let operator = second.actor(Role::Operator).await;
    let fields = operator.confirmation("orders-prod").await;
    let admin = second.actor(Role::Admin).await;

    let truncate = async |database: &TestDatabase| database.run("DELETE FROM audit WHERE seq > 2").await;
    let first = first.killed_and_started_after(truncate).await;
    assert!(finding(&first).is_some());
    // At once, whether it has noticed or not.
    assert_eq!(operator.post("/api/disable", &borrowed(&fields)).await.status, StatusCode::FORBIDDEN);
    until(|| async { finding(&second) }).await;
    let page = operator.get("/streams").await.body;
    assert!(page.contains("Read-only since ") && !page.contains("/disable\""), "{page}");

    let number = second.state.read_only.alarm().unwrap().number.to_string();
    let answer = admin.post("/api/acknowledge-alarm", &[("number", &number), ("reason", "OPS-1")]).await;
    assert_eq!(answer.location(), "/settings?done=alarm-acknowledged", "{}", answer.body);
    until(|| async { (!first.state.read_only.is_on() && !second.state.read_only.is_on()).then_some(()) }).await;
    for app in [&first, &second] {
        let lines = std::fs::read_to_string(&app.checkpoints).unwrap();
        assert!(lines.lines().last().unwrap().contains("\"acknowledged\":{"), "{lines}");
    }
    let id = operator.disable("orders-prod").await;
    second.change_when(&id, |change| !change.is_active()).await;
    assert_eq!(second.calls("StopStreamEncryption").await, 1);
}
