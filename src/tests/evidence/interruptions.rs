//! Answers, browsers and instances that come in between.

use std::time::Duration;

use serde_json::json;

use super::{arm, fault, how, row, stream};
use crate::{
    model::{
        access::identity::Role,
        change::{Change, End, Ending, Observed, Rung, RungState},
        time::MINUTE_MS,
    },
    tests::support::{Actor, Setup, TestApp, borrowed, until},
};

#[tokio::test]
async fn an_answer_that_comes_when_another_instance_has_taken_over_is_kept() {
    for (answer, is_accepted) in
        [(None, true), (Some(json!({"refuse": {"code": "AccessDeniedException", "message": "no"}})), false)]
    {
        let app = TestApp::start().await;
        app.known("orders-prod").await;
        let operator = app.actor(Role::Operator).await;
        let fields = operator.confirmation("orders-prod").await;
        if let Some(refusal) = answer {
            fault(&app, "StopStreamEncryption", 1, refusal).await;
        }
        app.control("settings", json!({"rtt_ms": 1_500, "transition_ms": 1})).await;
        let answer = operator.post("/api/disable", &borrowed(&fields)).await;
        let id = answer.location().strip_prefix("/changes/").unwrap().to_owned();
        app.change_when(&id, |change| change.evidence.sent_at.is_some()).await;
        // As a takeover leaves it, while the answer is on its way.
        app.database().run("UPDATE changes SET fence = fence + 1").await;
        let change = app.change_when(&id, |change| change.evidence.accepted.is_some() || !change.is_active()).await;
        assert_eq!(change.evidence.accepted.is_some(), is_accepted, "{change:?}");
        app.control("settings", json!({"rtt_ms": 0})).await;
        let change = app.change_when(&id, |change| !change.is_active()).await;
        assert_eq!(change.evidence.settled_at.is_some(), is_accepted, "{change:?}");
        assert!(change.evidence.outcome_unknown.is_none(), "{change:?}");
        assert_eq!(matches!(how(&change), End::Rejected(refusal) if refusal.is_by_aws()), !is_accepted);
    }
}

#[tokio::test]
async fn a_refusal_is_on_disk_before_aws_is_asked_for_anything_else() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let fields = operator.confirmation("orders-prod").await;
    fault(&app, "StopStreamEncryption", 1, json!({"refuse": {"code": "ResourceInUseException", "message": "busy"}}))
        .await;
    app.control("settings", json!({"rtt_ms": 2_500})).await;
    let answer = operator.post("/api/disable", &borrowed(&fields)).await;
    let id = answer.location().strip_prefix("/changes/").unwrap().to_owned();
    let rejected = app.change_when(&id, |change| !change.is_active()).await;
    let read_after = |change: &Change| match how(change) {
        End::Rejected(refusal) => refusal.read_after.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(read_after(&rejected), None, "the read that explains it is still under way");
    let explained = app.change_when(&id, |change| read_after(change).is_some()).await;
    assert!(matches!(read_after(&explained), Some(Observed::State { .. })));
}

#[tokio::test]
async fn a_browser_that_closes_leaves_no_row_under_way() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    stream(&app, "orders-prod", json!({"reshard_ms": 600_000})).await;
    let operator = app.actor(Role::Operator).await;
    let id = arm(&operator).await;
    until(|| async { row(&app, "orders-prod").await.change.map(|_| ()) }).await;
    let write_lock = app.store.write().await.unwrap();
    {
        let fields = [("id", id.as_str())];
        let cancelling = operator.post("/api/cancel-change", &fields);
        tokio::select! {
            _ = cancelling => panic!("it waits for the write lock"),
            () = tokio::time::sleep(Duration::from_millis(300)) => {}
        }
    }
    write_lock.rollback().await.unwrap();
    let cancelled = app.change_when(&id, |change| !change.is_active()).await;
    assert!(cancelled.evidence.cancelled.is_some());
    until(|| async { row(&app, "orders-prod").await.change.is_none().then_some(()) }).await;
}

#[tokio::test]
async fn a_refused_undo_takes_nothing_from_the_disable_before_it() {
    let app = TestApp::with(Setup { is_mortal: true, ..Setup::default() }).await;
    app.known("orders-prod").await;
    app.control("settings", json!({"transition_ms": 1})).await;
    let operator = app.actor(Role::Operator).await;
    let id = operator.disable("orders-prod").await;
    app.change_when(&id, |change| change.evidence.settled_at.is_some()).await;
    let denied = json!({"refuse": {"code": "KMSAccessDeniedException", "message": "not you"}});
    fault(&app, "StartStreamEncryption", 1, denied).await;
    let undo = operator.enable("orders-prod", "alias/orders").await;
    let refused = app.change_when(&undo, |change| !change.is_active()).await;
    assert!(matches!(how(&refused), End::Rejected(_)));
    let cookie = operator.cookie.clone();
    let check = async |app: &TestApp, operator: &Actor<'_>| {
        until(|| async { row(app, "orders-prod").await.undo.filter(|undo| *undo == id) }).await;
        let page = operator.get(&format!("/changes/{id}")).await.body;
        assert!(page.contains("class=\"action undo\""), "{page}");
        let asked = operator.post("/api/prove-by-read", &[("id", &id)]).await;
        assert_eq!(asked.location(), format!("/changes/{id}"), "records may be asked");
    };
    check(&app, &operator).await;
    let app = app.killed_and_started_again().await;
    check(&app, &Actor { cookie, ..app.anonymous() }).await;
    stream(&app, "orders-prod", json!({"key": "alias/other"})).await;
    for _ in 0..4 {
        app.clock.advance(MINUTE_MS);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    app.change_when(&id, |change| change.evidence.reverted.is_some()).await;
    until(|| async { row(&app, "orders-prod").await.undo.is_none().then_some(()) }).await;
}

#[tokio::test]
async fn an_ended_change_that_another_instance_moved_is_shown_as_it_is() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    app.control("settings", json!({"transition_ms": 600_000})).await;
    let id = app.actor(Role::Operator).await.disable("orders-prod").await;
    let change = app.change_when(&id, |change| change.evidence.updating_at.is_some()).await;
    let mut elsewhere = change;
    elsewhere.end = Some(Ending { at: app.state.clock.now(), how: End::NotApplied });
    let mut tx = app.store.write().await.unwrap();
    crate::server::adapters::store::changes::write(&mut tx, &mut elsewhere).await.unwrap();
    tx.commit().await.unwrap();
    until(|| async { row(&app, "orders-prod").await.change.is_none().then_some(()) }).await;
    assert_eq!(elsewhere.rung(Rung::Reached), RungState::NotObserved);
}
