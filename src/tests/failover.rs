//! A failover that lost the last commits: what a change says that was sent, or may have been.

use serde_json::json;

use super::{
    database::Kind,
    support::{Setup, TestApp},
};
use crate::{
    model::{
        access::identity::Role,
        change::{Change, End},
        time::HOUR_MS,
    },
    server::adapters::{
        clock::Clock,
        store::{NewChange, On},
    },
};

/// The change that was recorded, and looks unsent.
const ID: &str = "looksunsent00000";

async fn app(pace: u32) -> TestApp {
    let app = TestApp::with(Setup { database: Kind::Postgres, pace, ..Setup::default() }).await;
    app.known("orders-prod").await;
    app
}

/// What became of a change once it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Nothing,
    /// The database failed over.
    Failover,
}

/// Records a change that nobody works on, as a process does that ends before it sends it.
async fn record_unsent(app: &TestApp, is_armed: bool, then: Then) {
    let refused = json!({"operation": "StopStreamEncryption", "fault": {"refuse": {"code": "X", "message": "x"}}});
    app.control("faults", refused).await;
    let id = app.actor(Role::Operator).await.disable("orders-prod").await;
    let mut change = app.change_when(&id, |change| !change.is_active()).await;
    change.id = ID.to_owned();
    (change.evidence.sent_at, change.end) = (None, None);
    change.intent.armed_until = is_armed.then(|| app.clock.now().plus_millis(HOUR_MS));
    let mut tx = app.store.write().await.unwrap();
    let new = NewChange { change: &mut change, user_id: "u", request_id: "r", form_hash: "h", intent_mac: "" };
    app.store.insert_change(&mut tx, new).await.unwrap();
    let On::Postgres(on) = tx.on() else { panic!("not on Postgres") };
    if then == Then::Failover {
        let moved = sqlx::query("UPDATE changes SET history = '1/00000001' WHERE id = $1").bind(ID).execute(on).await;
        assert_eq!(moved.unwrap().rows_affected(), 1);
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn without_a_failover_what_was_not_sent_expires() {
    let app = app(1).await;
    record_unsent(&app, false, Then::Nothing).await;
    let expired = app.change_when(ID, |change| !change.is_active()).await;
    assert_eq!(expired.end.map(|end| end.how), Some(End::Expired));
}

#[tokio::test]
async fn after_a_failover_what_looks_unsent_is_compared_with_what_aws_reports() {
    for is_armed in [false, true] {
        let app = app(20).await;
        record_unsent(&app, is_armed, Then::Failover).await;
        let calls = app.calls("StopStreamEncryption").await;
        let doubted = app.change_when(ID, |change| change.evidence.is_sent_in_doubt).await;
        assert!(doubted.is_unknown(), "{doubted:?}");
        let page = app.actor(Role::Operator).await.get(&format!("/changes/{ID}")).await.body;
        assert!(page.contains("may have lost that it was sent") && !page.contains("Recorded as sent"), "{page}");
        let ended = app.change_when(ID, |change| !change.is_active()).await;
        assert_eq!(ended.end.map(|end| end.how), Some(End::NotApplied), "armed: {is_armed}");
        assert_eq!(app.calls("StopStreamEncryption").await, calls, "nothing is sent");
    }
}

#[tokio::test]
async fn what_the_database_has_lost_is_put_back_by_the_process_that_sent_it() {
    let app = app(1).await;
    app.control("faults", json!({"operation": "StopStreamEncryption", "fault": {"hold-answer-ms": 3_000}})).await;
    let id = app.actor(Role::Operator).await.disable("orders-prod").await;
    let sent = app.change_when(&id, |change| change.evidence.sent_at.is_some()).await;
    let mut before = sent.clone();
    (before.evidence.sent_at, before.evidence.sent_as) = (None, None);
    let body = serde_json::to_string(&before).unwrap().replace('\'', "''");
    app.database().run(&format!("UPDATE changes SET sent_at = NULL, body = '{body}' WHERE id = '{id}'")).await;
    let ended = app.change_when(&id, |change: &Change| !change.is_active()).await;
    assert_eq!(ended.end.as_ref().map(|end| &end.how), Some(&End::Settled), "{ended:?}");
    assert_eq!(ended.evidence.sent_at, sent.evidence.sent_at);
    assert!(ended.evidence.accepted.is_some() && !ended.evidence.is_sent_in_doubt);
    assert_eq!(app.calls("StopStreamEncryption").await, 1);
}
