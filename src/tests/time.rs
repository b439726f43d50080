//! Time and changes: clocks that are set during a change, slow changes, and changes reverted after they settled.

use serde_json::json;

use super::support::{ACCOUNT, REGION, Setup, TestApp, until};
use crate::model::{
    access::identity::Role,
    change::{Change, End, Ending, Observed},
    time::{HOUR_MS, MINUTE_MS, Timestamp},
};

fn is_settled(change: &Change) -> bool {
    matches!(change.end, Some(Ending { how: End::Settled, .. }))
}

/// Waits until the collector has read the stream after this time by the application's clock.
async fn read_after(app: &TestApp, name: &str, moment: Timestamp) {
    let key = app.known(name).await;
    until(|| async {
        app.state.inventory.stream(&key).and_then(|(row, _)| row.read_at).filter(|at| *at > moment).map(|_| ())
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_is_set_meanwhile_changes_nothing() {
    for hours in [-1, 1] {
        let app = TestApp::start().await;
        app.known("orders-prod").await;
        app.control("settings", json!({"transition_ms": 2_500})).await;
        let id = app.actor(Role::Operator).await.disable("orders-prod").await;
        let sent = app.change_when(&id, |change| change.evidence.updating_at.is_some()).await;
        app.clock.set_by(hours * HOUR_MS);
        let ended = app.change_when(&id, |change| !change.is_active()).await;
        assert!(is_settled(&ended), "{hours} h: {ended:?}");
        assert_eq!(ended.evidence.slow, None, "{hours} h: no time has passed");
        let took = ended.evidence.settled_at.unwrap().millis_since(sent.evidence.sent_at.unwrap());
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
    app.change_when(&id, |change| change.evidence.updating_at.is_some()).await;
    let page = operator.get(&format!("/changes/{id}")).await.body;
    assert!(!page.contains("What to check"), "{page}");
    app.clock.advance(6 * MINUTE_MS);
    app.change_when(&id, |change| change.evidence.slow.is_some()).await;
    let page = operator.get(&format!("/changes/{id}")).await.body;
    for text in [
        "<strong>Slow",
        "UPDATING for ",
        "; no baseline yet. AWS says it can take minutes",
        "What to check",
        "AWS Health Dashboard",
        "For a support case",
        "Account 111122223333, Region eu-west-1",
        "AWS request id: ",
    ] {
        assert!(page.contains(text), "{text} is missing in {page}");
    }
}

/// An application with a faster clock, and an active disable in it.
async fn disable_at_pace(pace: u32, settings: serde_json::Value) -> (TestApp, String) {
    let app = TestApp::with(Setup { pace, ..Setup::default() }).await;
    app.known("orders-prod").await;
    app.control("settings", settings).await;
    let id = app.actor(Role::Operator).await.disable("orders-prod").await;
    (app, id)
}

fn ended_as(change: &Change) -> Option<&End> {
    change.end.as_ref().map(|ending| &ending.how)
}

#[tokio::test]
async fn describes_that_lag_ten_reads_behind_change_nothing() {
    let (app, id) = disable_at_pace(20, json!({"transition_ms": 50, "lagging_reads": 10})).await;
    let seen = app.change_when(&id, |change| change.tallies.old_state.reads > 0).await;
    assert_eq!(seen.evidence.reached_at, None, "ACTIVE from before the change is not success");
    let ended = app.change_when(&id, |change| !change.is_active()).await;
    assert!(is_settled(&ended), "{ended:?}");
    let reads = app.call_log().await.iter().filter(|call| call["operation"] == "DescribeStreamSummary").count();
    assert!(reads > 10, "{reads}");
}

#[tokio::test]
async fn a_type_that_flips_long_after_updating_has_ended_is_waited_for() {
    let (app, id) = disable_at_pace(5, json!({"transition_ms": 2_000, "late_flip_ms": 4_000})).await;
    let between = app
        .change_when(&id, |change| change.evidence.updating_at.is_some() && change.tallies.old_state.reads > 0)
        .await;
    assert_eq!((between.evidence.reached_at, ended_as(&between)), (None, None), "ACTIVE and still KMS is not the end");
    let ended = app.change_when(&id, |change| !change.is_active()).await;
    assert!(is_settled(&ended), "{ended:?}");
    let took = ended.evidence.reached_at.unwrap().millis_since(ended.evidence.sent_at.unwrap());
    assert!(took >= 6_000 * 5, "reached only when AWS said NONE: {took} ms");
}

#[tokio::test]
async fn updating_for_an_hour_is_slow_and_then_settles() {
    let (app, id) = disable_at_pace(20, json!({"transition_ms": 600_000})).await;
    app.change_when(&id, |change| change.evidence.updating_at.is_some()).await;
    for _ in 0..6 {
        app.clock.advance(10 * MINUTE_MS);
        let moment = app.state.clock.now();
        app.change_when(&id, |change| change.evidence.last_read.as_ref().is_some_and(|read| read.at > moment)).await;
    }
    let slow = app.store.change(&id).await.unwrap().unwrap();
    assert!(slow.evidence.slow.is_some() && slow.is_active(), "never given up: {slow:?}");
    app.control(
        "streams",
        json!({"account": ACCOUNT, "region": REGION, "name": "orders-prod", "status": "ACTIVE", "key": ""}),
    )
    .await;
    let ended = app.change_when(&id, |change| !change.is_active()).await;
    assert!(is_settled(&ended), "{ended:?}");
    assert!(ended.evidence.reached_at.unwrap().millis_since(ended.evidence.sent_at.unwrap()) >= HOUR_MS);
    assert_eq!(app.calls("StopStreamEncryption").await, 1);
}

#[tokio::test]
async fn a_stream_that_is_created_again_in_mid_change_is_another_stream() {
    let (app, id) = disable_at_pace(20, json!({"transition_ms": 600_000})).await;
    app.change_when(&id, |change| change.evidence.updating_at.is_some()).await;
    // Not encrypted, as the change wants it, but not because of this change.
    app.control(
        "streams",
        json!({"account": ACCOUNT, "region": REGION, "name": "orders-prod", "recreate": true, "key": ""}),
    )
    .await;
    let ended = app.change_when(&id, |change| !change.is_active()).await;
    assert!(matches!(ended_as(&ended), Some(End::Replaced { .. })), "{ended:?}");
    assert_eq!((ended.evidence.reached_at, ended.evidence.settled_at), (None, None));
}

#[tokio::test]
async fn a_third_party_that_switches_it_back_supersedes() {
    let (app, id) = disable_at_pace(4, json!({"transition_ms": 50})).await;
    app.change_when(&id, |change| change.evidence.reached_at.is_some()).await;
    app.control("streams", json!({"account": ACCOUNT, "region": REGION, "name": "orders-prod", "key": "alias/theirs"}))
        .await;
    let ended = app.change_when(&id, |change| !change.is_active()).await;
    assert!(matches!(ended_as(&ended), Some(End::Superseded { observed: Observed::State { .. } })), "{ended:?}");
    assert_eq!(
        (app.calls("StopStreamEncryption").await, app.calls("StartStreamEncryption").await),
        (1, 0),
        "Keystream does not fight it"
    );
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
    assert_eq!(app.store.change(&id).await.unwrap().unwrap().evidence.reverted, None, "one read may be an old answer");
    app.clock.advance(MINUTE_MS);
    let reverted = app.change_when(&id, |change| change.evidence.reverted.is_some()).await;
    assert!(is_settled(&reverted));
    assert!(matches!(reverted.evidence.reverted.unwrap().observed, Observed::State { .. }));
    let page = operator.get(&format!("/changes/{id}")).await.body;
    assert!(page.contains("<strong>Reverted") && page.contains("t known yet. Keystream won"), "{page}");
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
    for change in app.store.active_changes().await.unwrap() {
        app.change_when(&change.id, is_settled).await;
    }
    let page = until(|| async {
        let page = operator.get(&format!("/changes/{last}")).await.body;
        page.contains(" from sent to reached; typical here is ").then_some(page)
    })
    .await;
    assert!(page.contains(" s (95 % within "), "{page}");
}
