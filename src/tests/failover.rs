//! A failover that lost the last commits: what a change says that was sent, or may have been.

use serde_json::json;

use super::{
    armed::{arm, reshard},
    database::Kind,
    fleet::stream_id,
    support::{ACCOUNT, REGION, Setup, TestApp, until},
};
use crate::{
    model::{
        access::identity::Role,
        change::{Change, End, Evidence},
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
    /// It turned out that an earlier version had recorded it.
    EarlierVersion,
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
    let history = match then {
        Then::Nothing => None,
        Then::Failover => Some("1/00000001/1"),
        Then::EarlierVersion => Some(""),
    };
    if let Some(history) = history {
        let moved =
            sqlx::query("UPDATE changes SET history = $1 WHERE id = $2").bind(history).bind(ID).execute(on).await;
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
async fn what_looks_unsent_does_not_expire_where_nobody_knows_the_history() {
    let app = app(20).await;
    record_unsent(&app, false, Then::EarlierVersion).await;
    let ended = app.change_when(ID, |change| !change.is_active()).await;
    assert_eq!(ended.end.map(|end| end.how), Some(End::NotApplied));
    assert!(ended.evidence.is_sent_in_doubt);
}

#[tokio::test]
async fn a_change_is_not_sent_if_the_database_fails_over_while_it_is_prepared() {
    let role = ("arn:aws:iam::111122223333:role/keystream-plain", None);
    let app = TestApp::with(Setup { database: Kind::Postgres, change_role: Some(role), ..Setup::default() }).await;
    app.known("orders-prod").await;
    app.control("faults", json!({"operation": "AssumeRole", "times": 2, "fault": {"hold-answer-ms": 1_000}})).await;
    let id = app.actor(Role::Operator).await.disable("orders-prod").await;
    app.database().run(&format!("UPDATE changes SET history = '1/00000001/1' WHERE id = '{id}'")).await;
    let doubted = app.change_when(&id, |change| change.evidence.is_sent_in_doubt).await;
    assert!(doubted.is_unknown(), "{doubted:?}");
    // Whoever takes it over watches it.
    app.change_when(&id, |change| change.evidence.last_read.is_some() && change.is_active()).await;
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
}

/// Confirms a change that waits until its stream is ACTIVE, and has the database fail over meanwhile.
async fn waits_during_failover(app: &TestApp) -> String {
    reshard(app, 3_600_000).await;
    let id = arm(&app.actor(Role::Operator).await).await;
    assert!(app.change_when(&id, |_| true).await.is_waiting());
    app.database().run(&format!("UPDATE changes SET history = '1/00000001/1' WHERE id = '{id}'")).await;
    id
}

#[tokio::test]
async fn a_waiting_change_is_not_sent_after_a_failover() {
    let app = app(20).await;
    let id = waits_during_failover(&app).await;
    // The database may also have lost that it was cancelled.
    let doubted = app.change_when(&id, |change| change.evidence.is_sent_in_doubt).await;
    assert!(doubted.is_unknown() && doubted.evidence.cancelled.is_none());
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
}

#[tokio::test]
async fn whoever_cancels_after_a_failover_is_not_told_that_nothing_was_sent() {
    let app = app(1).await;
    let id = waits_during_failover(&app).await;
    let operator = app.actor(Role::Operator).await;
    let answer = operator.post("/api/cancel-change", &[("id", &id)]).await;
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.body);
    let page = operator.get(&format!("/changes/{id}")).await.body;
    assert!(page.contains("may have lost that it was sent") && !page.contains("Never sent"), "{page}");
    // Its worker doesn't send it either.
    app.change_when(&id, |change| change.evidence.last_read.is_some() && change.is_active()).await;
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
}

#[tokio::test]
async fn what_the_database_has_lost_is_put_back_by_the_process_that_sent_it() {
    let app = app(1).await;
    app.control("faults", json!({"operation": "StopStreamEncryption", "fault": {"hold-answer-ms": 3_000}})).await;
    let id = app.actor(Role::Operator).await.disable("orders-prod").await;
    let sent = app.change_when(&id, |change| change.evidence.sent_at.is_some()).await;
    let mut before = sent.clone();
    (before.evidence.sent_at, before.evidence.sent_as) = (None, None);
    put_back_to(&app, &before, sent.rev - 1).await;
    let ended = app.change_when(&id, |change: &Change| !change.is_active()).await;
    assert_eq!(ended.end.as_ref().map(|end| &end.how), Some(&End::Settled), "{ended:?}");
    assert_eq!(ended.evidence.sent_at, sent.evidence.sent_at);
    assert!(ended.evidence.accepted.is_some() && !ended.evidence.is_sent_in_doubt);
    assert_eq!(app.calls("StopStreamEncryption").await, 1);
}

/// Puts the database back to an earlier version of a change, with the lease of whoever had it before.
async fn put_back_to(app: &TestApp, before: &Change, rev: i64) {
    let body = serde_json::to_string(before).unwrap().replace('\'', "''");
    let statement = format!(
        "UPDATE changes SET sent_at = NULL, ended_at = NULL, body = '{body}', rev = {rev}, owner = 'former',
                            fence = fence - 1, history = '1/00000001/1'
         WHERE id = '{id}'",
        id = before.id,
    );
    app.database().run(&statement).await;
}

#[tokio::test]
async fn whoever_works_on_a_change_puts_back_its_answer_and_its_lease() {
    let app = app(1).await;
    let slow = json!({"transition_ms": 6_000});
    app.control("settings", slow).await;
    let id = app.actor(Role::Operator).await.disable("orders-prod").await;
    let accepted = app.change_when(&id, |change| change.evidence.accepted.is_some()).await;
    let mut before = accepted.clone();
    before.evidence = Evidence::default();
    put_back_to(&app, &before, accepted.rev - 2).await;
    let ended = app.change_when(&id, |change: &Change| !change.is_active()).await;
    assert_eq!(ended.end.as_ref().map(|end| &end.how), Some(&End::Settled), "{ended:?}");
    let (evidence, known) = (&ended.evidence, &accepted.evidence);
    assert_eq!((evidence.sent_at, &evidence.accepted), (known.sent_at, &known.accepted));
    assert!(!evidence.is_sent_in_doubt && evidence.outcome_unknown.is_none());
    assert_eq!(app.calls("StopStreamEncryption").await, 1);
}

#[tokio::test]
async fn instances_that_have_seen_more_than_the_database_has_go_on_together() {
    let [first, second] = {
        let first = app(1).await;
        let second = first.another().await;
        [first, second]
    };
    second.known("refunds").await;
    let ended = first.actor(Role::Operator).await.disable("refunds").await;
    let settled = second.change_when(&ended, |change| !change.is_active()).await;
    until(|| async { (second.state.inventory.events().rev() >= settled.rev).then_some(()) }).await;

    // The last commits are lost, among them that the change has ended, and that many streams were read.
    let mut before = settled.clone();
    before.end = None;
    let body = serde_json::to_string(&before).unwrap().replace('\'', "''");
    let known = first.state.inventory.events().rev().max(second.state.inventory.events().rev());
    let put_back = format!(
        "UPDATE counters SET value = {back} WHERE name = 'rev';
         UPDATE streams SET rev = least(rev, {back});
         UPDATE changes SET ended_at = NULL, body = '{body}', rev = {back} WHERE id = '{ended}'",
        back = known - 50,
    );
    first.database().run(&put_back).await;
    // It is taken up again, and ends everywhere: no row goes on offering to follow it.
    for app in [&first, &second] {
        let id = stream_id(ACCOUNT, REGION, "refunds");
        until(|| async {
            let (row, _) = app.state.inventory.stream(&id)?;
            (row.change.is_none() && row.rev > known).then_some(())
        })
        .await;
        assert!(app.state.inventory.events().rev() > known);
    }
    // What one does, the other one shows.
    let operator = second.actor(Role::Operator).await;
    let next = first.actor(Role::Operator).await.disable("orders-prod").await;
    until(|| async { operator.get("/streams").await.body.contains(&format!("/changes/{next}")).then_some(()) }).await;
}

#[tokio::test]
async fn a_row_offers_to_undo_only_what_the_database_still_knows() {
    let app = app(1).await;
    app.known("refunds").await;
    let operator = app.actor(Role::Operator).await;
    let [kept, lost] = [operator.disable("refunds").await, operator.disable("orders-prod").await];
    for (name, change) in [("refunds", &kept), ("orders-prod", &lost)] {
        app.change_when(change, |change| !change.is_active()).await;
        until(|| async { (undo_of(&app, name).as_ref() == Some(change)).then_some(()) }).await;
    }
    let known = app.state.inventory.events().rev();
    let put_back = format!(
        "UPDATE counters SET value = {back} WHERE name = 'rev';
         UPDATE streams SET rev = least(rev, {back});
         UPDATE changes SET rev = least(rev, {back});
         DELETE FROM changes WHERE id = '{lost}'",
        back = known - 50,
    );
    app.database().run(&put_back).await;
    until(|| async { undo_of(&app, "orders-prod").is_none().then_some(()) }).await;
    assert_eq!(undo_of(&app, "refunds"), Some(kept));
}

/// The change that the row of a stream offers to undo.
fn undo_of(app: &TestApp, name: &str) -> Option<String> {
    let (row, _) = app.state.inventory.stream(&stream_id(ACCOUNT, REGION, name))?;
    row.undo.clone()
}
