//! Rows of the journal that something else wrote are never sent.

use axum::http::StatusCode;
use serde_json::json;

use super::support::{ACCOUNT, Actor, REGION, Setup, TestApp, borrowed, hidden_fields};
use crate::{
    model::{
        access::identity::Role,
        change::{
            Change, End,
            refusal::{Flaw, Precondition, Refusal, RefusalKind},
        },
    },
    tests::database::{Kind, TestDatabase},
};

/// An application with a change that waits for `orders-prod`, which is UPDATING for so long, and the change's id.
async fn waiting(database: Kind, millis: u64) -> (TestApp, String) {
    let app = TestApp::with(Setup { database, is_mortal: true, ..Setup::default() }).await;
    app.known("orders-prod").await;
    app.control("streams", json!({"account": ACCOUNT, "region": REGION, "name": "orders-prod", "reshard_ms": millis}))
        .await;
    let operator = app.actor(Role::Operator).await;
    let page = operator.get(&format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable")).await.body;
    let mut fields = hidden_fields(&page);
    for (name, value) in [("typed_name", "orders-prod"), ("reason", "OPS-7"), ("wait_minutes", "15")] {
        fields.push((name.to_owned(), value.to_owned()));
    }
    let answer = operator.post("/api/disable", &borrowed(&fields)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let id = answer.location().strip_prefix("/changes/").unwrap().to_owned();
    (app, id)
}

fn flaw(change: &Change) -> Option<Flaw> {
    match change.end.as_ref().map(|ending| &ending.how) {
        Some(End::Rejected(Refusal {
            kind: RefusalKind::Precondition(Precondition::NotAuthentic { flaw }), ..
        })) => Some(*flaw),
        _ => None,
    }
}

/// Checks that the change ended as one that isn't authentic, and that nothing was sent.
async fn check_refused(app: &TestApp, id: &str, expected: Flaw, what: &str) {
    let ended = app.change_when(id, |change| !change.is_active()).await;
    assert_eq!(flaw(&ended), Some(expected), "{what}: {ended:?}");
    assert_eq!(app.calls("StopStreamEncryption").await, 0, "{what}");
    let rows = app.store.audit_rows(0, 1_000).await.unwrap();
    let row = rows.iter().find(|row| row.event.action.name() == "change.rejected").unwrap();
    assert_eq!(row.event.result, format!("Rejected, not sent: {}", expected.words()), "{what}");
}

#[tokio::test]
async fn a_row_written_or_changed_by_hand_is_refused_when_it_is_taken_up() {
    let replaced = |from: &str, to: &str| format!("UPDATE changes SET body = replace(body, '{from}', '{to}')");
    for database in [Kind::Sqlite, Kind::Postgres] {
        for (act, expected) in [
            // As an earlier version recorded it.
            ("UPDATE changes SET intent_mac = ''".to_owned(), Flaw::NoMac),
            ("UPDATE changes SET intent_mac = 'ab'".to_owned(), Flaw::WrongMac),
            (replaced("\"key\":\"alias/orders\"", "\"key\":\"alias/other\""), Flaw::WrongMac),
            (replaced("\"actor\":\"operator\"", "\"actor\":\"admin\""), Flaw::WrongMac),
            (replaced("\"armed_until\":1", "\"armed_until\":2"), Flaw::WrongMac),
        ] {
            let (app, id) = waiting(database, 60_000).await;
            let app = app.killed_and_started_after(async |database: &TestDatabase| database.run(&act).await).await;
            check_refused(&app, &id, expected, &format!("{database:?}: {act}")).await;
            if expected == Flaw::NoMac {
                let operator = app.actor(Role::Operator).await;
                let page = operator.get(&format!("/changes/{id}")).await.body;
                assert!(
                    page.contains("<strong>Rejected")
                        && page.contains("this change has no message authentication code.")
                        && page.contains("This request changed nothing."),
                    "{page}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_copy_of_a_row_under_another_id_is_refused() {
    let (app, id) = waiting(Kind::Sqlite, 1_000).await;
    let other = "handwritten00000";
    let act = format!("UPDATE changes SET id = '{other}', request_id = 'r', body = replace(body, '{id}', '{other}')");
    let app = app.killed_and_started_after(async |database: &TestDatabase| database.run(&act).await).await;
    check_refused(&app, other, Flaw::WrongMac, "another id").await;
}

#[tokio::test]
async fn a_row_put_back_after_its_change_was_cancelled_is_refused() {
    for database in [Kind::Sqlite, Kind::Postgres] {
        let (app, id) = waiting(database, 60_000).await;
        app.database().run("CREATE TABLE kept AS SELECT * FROM changes").await;
        app.actor(Role::Operator).await.post("/api/cancel-change", &[("id", &id)]).await;
        app.change_when(&id, |change| !change.is_active()).await;
        let put_back = "DELETE FROM changes; INSERT INTO changes SELECT * FROM kept; DROP TABLE kept";
        let app = app.killed_and_started_after(async |database: &TestDatabase| database.run(put_back).await).await;
        check_refused(&app, &id, Flaw::PutBack, &format!("{database:?}")).await;
    }
}

#[tokio::test]
async fn a_row_changed_while_it_waits_is_refused_when_it_would_be_sent() {
    for (act, expected) in [
        ("UPDATE changes SET body = replace(body, '\"reason\":\"OPS-7\"', '\"reason\":\"OPS-8\"')", Flaw::WrongMac),
        ("UPDATE changes SET intent_mac = ''", Flaw::NoMac),
    ] {
        let (app, id) = waiting(Kind::Sqlite, 3_000).await;
        app.database().run(act).await;
        check_refused(&app, &id, expected, act).await;
    }
}

#[tokio::test]
async fn a_row_as_it_was_recorded_is_sent_after_a_restart() {
    for database in [Kind::Sqlite, Kind::Postgres] {
        let (app, id) = waiting(database, 3_000).await;
        let app = app.killed_and_started_again().await;
        let settled = app.change_when(&id, |change| !change.is_active()).await;
        assert_eq!(settled.end.map(|ending| ending.how), Some(End::Settled), "{database:?}");
        assert_eq!(app.calls("StopStreamEncryption").await, 1, "{database:?}");
    }
}

#[tokio::test]
async fn a_waiting_change_ends_unsent_when_the_alarm_is_raised() {
    // While it is stopped, and while it runs.
    let (app, id) = waiting(Kind::Sqlite, 60_000).await;
    let file = app.checkpoints.clone();
    let app = app.killed_and_started_after(async move |_: &TestDatabase| std::fs::write(file, "").unwrap()).await;
    assert!(app.state.read_only.alarm().is_some());
    let ended = app.change_when(&id, |change| !change.is_active()).await;
    assert_eq!(ended.end.map(|ending| ending.how), Some(End::Expired));
    let (app, id) = waiting(Kind::Sqlite, 3_000).await;
    app.database().run("INSERT INTO chain_alarms (number, found_at, finding) VALUES (1, 1, 'Something.')").await;
    let ended = app.change_when(&id, |change| !change.is_active()).await;
    assert_eq!(ended.end.map(|ending| ending.how), Some(End::Expired));
    let page = Actor { ..app.actor(Role::Viewer).await }.get("/streams").await.body;
    assert!(page.contains("Something."), "{page}");
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
}
