//! What AWS's reports say about a change, and what they don't.

use axum::http::StatusCode;
use serde_json::json;

use super::{KEY_ARN, deny_kms, enable_unseen, fault, how, order, row, stream};
use crate::{
    model::{
        access::identity::Role,
        change::{Action, Change, End},
        time::MINUTE_MS,
    },
    server::services::changes::Asking,
    tests::support::{ACCOUNT, Actor, REGION, Setup, TestApp, borrowed, hidden_fields, until},
};

/// Enables `web-clicks` by an alias that can't be seen: AWS applies it, its answer is lost, and it reports the key's
/// ARN.
async fn lose_unseen_enable(app: &TestApp, operator: &Actor<'_>) -> String {
    deny_kms(app).await;
    app.control("settings", json!({"canonical_keys": true, "transition_ms": 1})).await;
    fault(app, "StartStreamEncryption", 1, json!("drop-answer")).await;
    enable_unseen(operator, "web-clicks", "alias/ledger").await
}

#[tokio::test]
async fn a_change_of_key_that_was_lost_is_not_settled_by_somebody_elses_reshard() {
    let app = TestApp::with(Setup { pace: 20, ..Setup::default() }).await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    deny_kms(&app).await;
    fault(&app, "StartStreamEncryption", 1, json!("drop-request")).await;
    let id = enable_unseen(&operator, "orders-prod", "alias/ledger").await;
    app.change_when(&id, |change| change.evidence.outcome_unknown.is_some()).await;
    stream(&app, "orders-prod", json!({"reshard_ms": 400})).await;
    let change = app.change_when(&id, |change| !change.is_active()).await;
    assert!(change.evidence.updating_at.is_some(), "{change:?}");
    assert_eq!((how(&change), change.evidence.reached_at), (&End::NotApplied, None));
}

#[tokio::test]
async fn an_enable_with_a_re_pointed_alias_is_never_called_not_applied() {
    let app = TestApp::with(Setup { pace: 20, ..Setup::default() }).await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    app.control("settings", json!({"transition_ms": 1})).await;
    let orders = app.known("orders-prod").await;
    let key = until(|| async { app.state.inventory.keys_in_use(&orders).first().map(|meant| meant.arn.clone()) }).await;
    order(&app, "keys", json!({"alias": "alias/orders", "id": "bbbbbbbb-0000-4000-8000-000000000001"})).await;
    // What KMS said is remembered for a minute.
    app.clock.advance(2 * MINUTE_MS);
    let answer = operator.try_enable("orders-prod", "alias/orders").await;
    let id = answer.location().strip_prefix("/changes/").unwrap_or_else(|| panic!("{}", answer.location())).to_owned();
    let change = app
        .change_when(&id, |change| change.evidence.accepted.is_some() && change.tallies.unjudged_since.is_some())
        .await;
    assert_ne!(
        change.intent.resolved.as_ref().map(|resolved| resolved.arn.clone()),
        Some(key),
        "it means another key now"
    );
    app.clock.advance(10 * MINUTE_MS);
    let change = app.change_when(&id, Change::can_be_closed).await;
    assert_eq!((change.end.as_ref(), change.evidence.reached_at), (None, None), "AWS's reports can't show it");
}

#[tokio::test]
async fn a_disable_with_another_form_of_its_key_blames_nobody() {
    let app = TestApp::with(Setup { pace: 20, ..Setup::default() }).await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let invalid = json!({"refuse": {"code": "InvalidArgumentException", "message": "no"}});
    fault(&app, "StopStreamEncryption", 1, invalid).await;
    let refused = operator.disable("orders-prod").await;
    app.change_when(&refused, |change| !change.is_active()).await;
    fault(&app, "StopStreamEncryption", 1, json!("drop-request")).await;
    let page = operator.get(&format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable")).await.body;
    let arn = page.split(KEY_ARN).nth(1).unwrap().split(['"', '<']).next().unwrap();
    let mut fields = hidden_fields(&page);
    for (name, value) in [("typed_name", "orders-prod"), ("reason", "OPS-1"), ("key", &format!("{KEY_ARN}{arn}"))] {
        fields.push((name.to_owned(), value.to_owned()));
    }
    let answer = operator.post("/api/disable", &borrowed(&fields)).await;
    let id = answer.location().strip_prefix("/changes/").unwrap_or_else(|| panic!("{}", answer.location())).to_owned();
    let change = app.change_when(&id, |change| !change.is_active()).await;
    assert_eq!(how(&change), &End::NotApplied, "{change:?}");
}

#[tokio::test]
async fn a_change_that_cannot_be_judged_is_closed_by_a_person_and_frees_its_stream() {
    let app = TestApp::start().await;
    app.known("web-clicks").await;
    let operator = app.actor(Role::Operator).await;
    let id = lose_unseen_enable(&app, &operator).await;
    app.change_when(&id, |change| change.tallies.unjudged_since.is_some()).await;
    let early = operator.post("/api/close-change", &[("id", &id), ("reason", "OPS-9")]).await;
    assert!(early.location().contains("problem=change-still-judged"), "{}", early.location());
    app.clock.advance(6 * MINUTE_MS);
    app.change_when(&id, Change::can_be_closed).await;
    for (reason, problem) in [("  ", "reason-missing"), (&"x".repeat(501), "reason-too-long")] {
        let answer = operator.post("/api/close-change", &[("id", &id), ("reason", reason)]).await;
        assert!(answer.location().contains(problem), "{}", answer.location());
    }
    let viewer = app.actor(Role::Viewer).await.post("/api/close-change", &[("id", &id), ("reason", "OPS-9")]).await;
    assert_eq!(viewer.status, StatusCode::FORBIDDEN);
    let closed = operator.post("/api/close-change", &[("id", &id), ("reason", "OPS-9: no access to KMS")]).await;
    assert_eq!((closed.status, closed.location()), (StatusCode::SEE_OTHER, format!("/changes/{id}").as_str()));
    let page = operator.get(&format!("/changes/{id}")).await.body;
    assert!(page.contains("<strong>Not established") && page.contains("Counted as unknown."), "{page}");
    let audit = operator.get("/audit?stream=web-clicks").await.body;
    assert!(audit.contains("change.closed") && audit.contains("OPS-9: no access to KMS"), "{audit}");
    until(|| async { row(&app, "web-clicks").await.change.is_none().then_some(()) }).await;
    let arn = app.known("web-clicks").await.arn();
    let count = app.state.changes.quotas.of_stream(Action::Enable, &arn, Asking::FromMemory).await.unwrap().count;
    assert_eq!((count.least, count.most), (0, 1), "counted as unknown");
    app.forget_faults().await;
    let next = operator.disable("web-clicks").await;
    app.change_when(&next, |change| change.evidence.settled_at.is_some()).await;
}

#[tokio::test]
async fn kms_that_becomes_visible_resolves_a_change() {
    let app = TestApp::start().await;
    app.known("web-clicks").await;
    let operator = app.actor(Role::Operator).await;
    let id = lose_unseen_enable(&app, &operator).await;
    let unjudged = app.change_when(&id, |change| change.tallies.unjudged_since.is_some()).await;
    assert_eq!((unjudged.evidence.reached_at, unjudged.intent.resolved), (None, None));
    app.forget_faults().await;
    let settled = app.change_when(&id, |change| !change.is_active()).await;
    assert_eq!(how(&settled), &End::Settled);
    assert!(settled.intent.resolved.is_some());
}
