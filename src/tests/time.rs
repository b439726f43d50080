//! What time does to changes: clocks that are set while one is under way, changes that are slow, changes that are taken
//! back after they settled.

use serde_json::json;

use super::support::{ACCOUNT, REGION, TestApp, until};
use crate::model::{
    change::{Change, End, Ending, Saw},
    identity::Role,
    timestamp::{HOUR_MS, MINUTE_MS, Timestamp},
};

fn is_settled(change: &Change) -> bool {
    matches!(change.end, Some(Ending { how: End::Settled, .. }))
}

/// Waits until the collector has read the stream after this moment of the application's clock.
async fn read_after(app: &TestApp, name: &str, moment: Timestamp) {
    let key = app.known(name).await;
    until(|| async { app.state.inventory.stream(&key).and_then(|(row, _)| row.read_at).filter(|at| *at > moment).map(|_| ()) }).await;
}

#[tokio::test]
async fn a_clock_that_is_set_meanwhile_changes_nothing() {
    for hours in [-1, 1] {
        let app = TestApp::start().await;
        app.known("orders-prod").await;
        app.control("settings", json!({"transition_ms": 2_500})).await;
        let id = app.actor(Role::Operator).await.disable("orders-prod").await;
        let sent = app.change_when(&id, |change| change.updating_at.is_some()).await;
        app.clock.set_by(hours * HOUR_MS);
        let ended = app.change_when(&id, |change| !change.is_active()).await;
        assert!(is_settled(&ended), "{hours} h: {ended:?}");
        assert_eq!(ended.slow, None, "{hours} h: no time has passed");
        let took = ended.settled_at.unwrap().millis_since(sent.sent_at.unwrap());
        assert!((7_000..60_000).contains(&took), "{hours} h: evidence keeps its distances, {took} ms");
        assert_eq!(app.calls("StopStreamEncryption").await, 1);
    }
}

#[tokio::test]
async fn a_slow_change_says_what_to_check_and_has_its_text_for_support() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    app.control("settings", json!({"transition_ms": 3_600_000})).await;
    let operator = app.actor(Role::Operator).await;
    let id = operator.disable("orders-prod").await;
    app.change_when(&id, |change| change.updating_at.is_some()).await;
    let page = operator.get(&format!("/changes/{id}")).await.body;
    assert!(!page.contains("What to check"), "{page}");
    app.clock.advance(6 * MINUTE_MS);
    app.change_when(&id, |change| change.slow.is_some()).await;
    let page = operator.get(&format!("/changes/{id}")).await.body;
    for text in [
        "<strong>Slow",
        "UPDATING for 6 min; what is usual here is not known yet. AWS says it can take minutes",
        "What to check",
        "AWS Health Dashboard",
        "For a support case",
        "Account 111122223333, Region eu-west-1",
        "AWS request id: ",
    ] {
        assert!(page.contains(text), "{text} is missing in {page}");
    }
}

#[tokio::test]
async fn a_settled_change_that_somebody_takes_back_is_reverted() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let id = operator.disable("orders-prod").await;
    app.change_when(&id, is_settled).await;
    let stream = json!({"account": ACCOUNT, "region": REGION, "name": "orders-prod", "key": "alias/other"});
    app.control("streams", stream).await;
    app.clock.advance(MINUTE_MS);
    read_after(&app, "orders-prod", app.state.clock.now()).await;
    assert_eq!(app.state.store.change(&id).await.unwrap().unwrap().reverted, None, "one read may be an old answer");
    app.clock.advance(MINUTE_MS);
    let reverted = app.change_when(&id, |change| change.reverted.is_some()).await;
    assert!(is_settled(&reverted));
    assert!(matches!(reverted.reverted.unwrap().saw, Saw::State { .. }));
    let page = operator.get(&format!("/changes/{id}")).await.body;
    assert!(page.contains("<strong>Reverted") && page.contains("By whom is not known yet. Keystream will not fight it."), "{page}");
    assert!(operator.get("/changes").await.body.contains(">Reverted<"));
    assert_eq!(app.calls("StopStreamEncryption").await, 1);
    assert_eq!(app.calls("StartStreamEncryption").await, 0);
}

#[tokio::test]
async fn what_is_usual_here_is_learned_from_the_journal() {
    let app = TestApp::start().await;
    let operator = app.actor(Role::Operator).await;
    let mut last = String::new();
    for name in ["audit-trail", "chargebacks", "fraud-scores", "invoices", "refunds"] {
        app.known(name).await;
        last = operator.disable(name).await;
    }
    for change in app.state.store.active_changes().await.unwrap() {
        app.change_when(&change.id, is_settled).await;
    }
    let page = until(|| async {
        let page = operator.get(&format!("/changes/{last}")).await.body;
        page.contains(" from sent to reached; usual here ").then_some(page)
    })
    .await;
    assert!(page.contains(" s (p95 "), "{page}");
}
