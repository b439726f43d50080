//! An enable from the form to its end.

use serde_json::json;

use super::{ended, operator, order, rejected};
use crate::{
    model::{
        change::{
            End, Ending, Rung, RungState,
            refusal::{KeyTrouble, Precondition, RefusalKind},
        },
        stream::encryption::EncryptionState,
    },
    tests::support::{ACCOUNT, REGION, TestApp, borrowed},
    view::{ladder, refusal, summary},
};

#[tokio::test]
async fn an_enable_walks_the_ladder_and_the_audit_chain_names_both_states() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    let id = operator.enable("web-clicks", "alias/orders").await;
    let change = ended(&app, &id).await;
    assert!(change.evidence.settled_at.is_some(), "{:?}", change.end);
    assert_eq!(change.intent.resolved.as_ref().map(|resolved| resolved.arn.account.as_str()), Some(ACCOUNT));
    assert_eq!((app.calls("StartStreamEncryption").await, app.calls("StopStreamEncryption").await), (1, 0));
    let (row, _) = app.state.inventory.stream(&app.known("web-clicks").await).unwrap();
    assert_eq!(row.encryption, EncryptionState::Encrypted);
    let page = operator.get("/audit?stream=web-clicks").await.body;
    assert!(page.contains("NONE") && page.contains("KMS alias/orders"), "{page}");
}

#[tokio::test]
async fn each_of_kms_six_errors_is_told_in_words_and_changed_nothing() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    let codes = [
        ("KMSAccessDeniedException", KeyTrouble::AccessDenied, "allow kms:GenerateDataKey and kms:Decrypt"),
        ("KMSDisabledException", KeyTrouble::Disabled, "The key is disabled in KMS"),
        ("KMSInvalidStateException", KeyTrouble::InvalidState, "pending deletion or import"),
        ("KMSNotFoundException", KeyTrouble::NotFound, "KMS does not find the key or the alias"),
        ("KMSOptInRequired", KeyTrouble::OptInRequired, "not subscribed to KMS"),
        ("KMSThrottlingException", KeyTrouble::Throttling, "KMS is throttling requests"),
    ];
    for (code, trouble, words) in codes {
        let fault = json!({
            "operation": "StartStreamEncryption",
            "fault": {"refuse": {"code": code, "message": "as AWS says it"}},
        });
        app.control("faults", fault).await;
        let change = ended(&app, &operator.enable("web-clicks", "alias/orders").await).await;
        let refusal = rejected(&change);
        assert_eq!(refusal.kind, RefusalKind::Key(trouble));
        let text = refusal::sentence(refusal, &change);
        assert!(text.contains(words) && text.contains("This request changed nothing."), "{text}");
        assert_eq!(
            refusal.aws.as_ref().map(|aws| (aws.code.as_str(), aws.message.as_str())),
            Some((code, "as AWS says it"))
        );
    }
    assert_eq!(app.calls("StartStreamEncryption").await, 6, "none was sent twice");
}

#[tokio::test]
async fn a_lost_answer_to_an_enable_is_settled_by_reading() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    app.control("faults", json!({"operation": "StartStreamEncryption", "fault": "drop-answer"})).await;
    let change = ended(&app, &operator.enable("web-clicks", "alias/orders").await).await;
    assert!(change.evidence.outcome_unknown.is_some() && change.evidence.accepted.is_none());
    assert!(change.evidence.settled_at.is_some(), "{:?}", change.end);
    assert_eq!(app.calls("StartStreamEncryption").await, 1);
    let page = operator.get(&format!("/streams/{ACCOUNT}/{REGION}/web-clicks/enable?key=alias/ledger")).await.body;
    assert!(page.contains("0 to 1 of 25 used") || page.contains("1 of 25 used"), "{page}");
}

#[tokio::test]
async fn a_key_that_aws_reports_in_another_form_is_recognised() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    app.control("settings", json!({"canonical_keys": true})).await;
    let change = ended(&app, &operator.enable("web-clicks", "alias/orders").await).await;
    assert!(change.evidence.settled_at.is_some(), "{:?}", change.end);
    let (row, _) = app.state.inventory.stream(&app.known("web-clicks").await).unwrap();
    assert!(row.key_id.unwrap().as_str().starts_with("arn:aws:kms:"));
}

#[tokio::test]
async fn a_change_of_key_is_reached_only_with_the_new_key() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    app.control("settings", json!({"transition_ms": 1_500})).await;
    let id = operator.enable("orders-prod", "alias/ledger").await;
    let accepted = app.change_when(&id, |change| change.evidence.updating_at.is_some()).await;
    assert_eq!(accepted.rung(Rung::Reached), RungState::NotYet);
    assert!(
        !ladder::rung(&accepted, Rung::Accepted).contains("still"),
        "a rung below the current one says nothing about now"
    );
    let change = ended(&app, &id).await;
    let page = operator.get(&change.path()).await.body;
    assert!(page.contains(" (alias/orders)") && page.contains("Keep key/"), "{page}");
    let again = operator.try_enable("orders-prod", "alias/ledger").await;
    let again = ended(&app, again.location().strip_prefix("/changes/").unwrap()).await;
    assert!(matches!(rejected(&again).kind, RefusalKind::Precondition(Precondition::AlreadyEncrypted { .. })));
    assert_eq!(app.calls("StartStreamEncryption").await, 1);
}

#[tokio::test]
async fn somebody_elses_key_supersedes_an_enable() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    app.control("settings", json!({"transition_ms": 1})).await;
    let id = operator.enable("web-clicks", "alias/orders").await;
    app.change_when(&id, |change| change.evidence.reached_at.is_some()).await;
    order(&app, "streams", json!({"name": "web-clicks", "key": "alias/fraud"})).await;
    let change = ended(&app, &id).await;
    assert!(matches!(change.end, Some(Ending { how: End::Superseded { .. }, .. })), "{:?}", change.end);
    let text = summary::summary(&change).unwrap().text_at(app.state.clock.now());
    assert!(text.contains("Before, it was not encrypted."), "{text}");
}

#[tokio::test]
async fn a_disable_and_an_enable_at_once_are_one_change() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    app.control("settings", json!({"transition_ms": 2_000})).await;
    let disable = operator.confirmation("orders-prod").await;
    let enable = operator.enabling("orders-prod", "alias/ledger").await;
    let (disable, enable) = (borrowed(&disable), borrowed(&enable));
    let (one, other) = tokio::join!(operator.post("/api/disable", &disable), operator.post("/api/enable", &enable));
    assert_eq!(
        (one.status, one.location()),
        (other.status, other.location()),
        "both are led to the one that came first"
    );
    ended(&app, one.location().strip_prefix("/changes/").unwrap()).await;
    assert_eq!(app.calls("StartStreamEncryption").await + app.calls("StopStreamEncryption").await, 1);
}
