//! A disable from the form to its end.

use axum::http::StatusCode;
use serde_json::json;

use super::how;
use crate::{
    model::{
        access::identity::Role,
        change::{End, Rung, RungState},
        stream::encryption::EncryptionState,
    },
    tests::support::{ACCOUNT, REGION, TestApp},
};

#[tokio::test]
async fn a_disable_walks_the_ladder_with_one_call() {
    let app = TestApp::start().await;
    let key = app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let id = operator.disable("orders-prod").await;
    let settled = app.change_when(&id, |change| !change.is_active()).await;
    assert_eq!(how(settled.end.as_ref()), Some(&End::Settled));
    for rung in Rung::ALL {
        let is_lit = matches!(settled.rung(rung), RungState::Lit(_));
        // The first read may come after the simulator's short UPDATING.
        assert!(is_lit || rung == Rung::Updating, "{rung:?}");
    }
    assert!(settled.evidence.settled_at.unwrap().millis_since(settled.evidence.reached_at.unwrap()) >= 5_000);
    assert_eq!(settled.evidence.accepted.unwrap().request_id.unwrap().len(), 36);
    assert_eq!(app.calls("StopStreamEncryption").await, 1);
    let (row, _) = app.state.inventory.stream(&key).unwrap();
    assert_eq!((row.encryption, row.change), (EncryptionState::NotEncrypted, None));
    let page = operator.get(&format!("/changes/{id}")).await;
    assert!(
        page.body.contains("AWS reported ACTIVE and not encrypted again, more than 5 s after the first report."),
        "{}",
        page.body
    );
    assert_eq!(operator.get(&format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_lost_answer_is_unknown_then_reached_and_never_sent_again() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    app.control("faults", json!({"operation": "StopStreamEncryption", "fault": "drop-answer"})).await;
    let id = app.actor(Role::Operator).await.disable("orders-prod").await;
    let unknown = app.change_when(&id, |change| change.evidence.outcome_unknown.is_some()).await;
    assert_eq!(unknown.evidence.accepted, None);
    let reached = app.change_when(&id, |change| change.evidence.reached_at.is_some()).await;
    assert_eq!(reached.rung(Rung::Accepted), RungState::NotObserved);
    assert_eq!(app.calls("StopStreamEncryption").await, 1);
}

#[tokio::test]
async fn answers_that_decide_nothing_are_unknown() {
    for fault in ["drop-request", "error500-before", "error500-after", "html", "half-body", "endless-body"] {
        let app = TestApp::start().await;
        app.known("orders-prod").await;
        app.control("faults", json!({"operation": "StopStreamEncryption", "fault": fault})).await;
        let id = app.actor(Role::Operator).await.disable("orders-prod").await;
        let change = app
            .change_when(&id, |change| {
                change.evidence.accepted.is_some() || change.evidence.outcome_unknown.is_some() || !change.is_active()
            })
            .await;
        assert!(change.evidence.outcome_unknown.is_some() && change.evidence.accepted.is_none(), "{fault}: {change:?}");
        assert!(change.is_active(), "{fault}");
        assert_eq!(app.calls("StopStreamEncryption").await, 1, "{fault}");
    }
}
