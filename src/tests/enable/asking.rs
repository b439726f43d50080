//! What is looked at before an enable is sent.

use axum::http::StatusCode;
use serde_json::json;

use super::{ARN_OF_NOBODY, ended, operator, order, rejected};
use crate::{
    model::change::{
        Action, Change,
        refusal::{Precondition, RefusalKind},
    },
    tests::support::{ACCOUNT, REGION, Setup, TestApp, borrowed, shown, until, with},
    view,
};

#[tokio::test]
async fn kms_and_cloudtrail_that_hang_delay_a_confirmation_by_two_seconds_at_most() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    for operation in ["DescribeKey", "ListAliases", "ListKeys", "GetKeyRotationStatus", "LookupEvents"] {
        app.control("faults", json!({"operation": operation, "times": 1_000, "fault": "black-hole"})).await;
    }
    let begun = std::time::Instant::now();
    let page = operator.get(&format!("/streams/{ACCOUNT}/{REGION}/web-clicks/enable?key=alias/fraud")).await;
    assert!(begun.elapsed().as_secs() < 8, "{:?}", begun.elapsed());
    assert_eq!(page.status, StatusCode::OK);
    for words in ["The list is incomplete", "CloudTrail couldn't be read", "Keystream can't see ", "Enable encryption<"]
    {
        assert!(page.body.contains(words), "{words} is missing in {}", page.body);
    }
    let disable = operator.get(&format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable")).await.body;
    assert!(disable.contains("A disable doesn't need it.") && disable.contains("Disable encryption<"), "{disable}");
}

#[tokio::test]
async fn an_enable_waits_for_its_stream_and_its_key_is_looked_at_again_before_it_is_sent() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    order(&app, "streams", json!({"name": "web-clicks", "reshard_ms": 2_500})).await;
    let mut fields = operator.enabling("web-clicks", "alias/fraud").await;
    fields.push(("wait_minutes".to_owned(), "15".to_owned()));
    let answer = operator.post("/api/enable", &borrowed(&fields)).await;
    let id = answer.location().strip_prefix("/changes/").unwrap().to_owned();
    app.change_when(&id, Change::is_waiting).await;
    order(&app, "keys", json!({"alias": "alias/fraud", "state": "Disabled"})).await;
    let change = ended(&app, &id).await;
    assert!(
        matches!(rejected(&change).kind, RefusalKind::Precondition(Precondition::KeyUnusable { .. })),
        "{:?}",
        change.end
    );
    assert_eq!(app.calls("StartStreamEncryption").await, 0);
}

#[tokio::test]
async fn choosing_among_all_keys_keeps_what_was_typed() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    let path = format!("/streams/{ACCOUNT}/{REGION}/web-clicks/enable");
    let mut fields = operator.enabling("web-clicks", "alias/orders").await;
    fields.push(("keys".to_owned(), "LEDGER".to_owned()));
    let found = operator.post("/api/choose-key", &borrowed(&with(&fields, "reason", "OPS-19"))).await;
    assert_eq!(found.status, StatusCode::SEE_OTHER, "{}", found.body);
    assert!(found.location().starts_with(&format!("{path}?draft=")), "{}", found.location());
    assert!(found.location().ends_with("&keys=LEDGER"), "{}", found.location());
    let page = shown(&operator.get(found.location()).await.body);
    for kept in ["value=\"OPS-19\"", "value=\"web-clicks\"", "value=\"alias/orders\"", "value=\"alias/ledger\""] {
        assert!(page.contains(kept), "{kept} is missing in {page}");
    }
    assert!(!page.contains("role=\"alert\""), "{page}");
    let mut chosen = fields.clone();
    chosen.push(("use".to_owned(), "alias/ledger".to_owned()));
    let chosen = operator.post("/api/choose-key", &borrowed(&chosen)).await;
    let page = operator.get(chosen.location()).await.body;
    assert!(page.contains("data-placeholder=\"KEY\">alias/ledger<"), "the call has the chosen key: {page}");
    // Enter in the search presses the form's first button.
    let pressed = operator.post("/api/enable", &borrowed(&fields)).await;
    assert!(pressed.location().ends_with("&keys=LEDGER"), "{}", pressed.location());
    assert_eq!(app.calls("StartStreamEncryption").await, 0);
    let viewer = app.actor(crate::model::access::identity::Role::Viewer).await;
    assert_eq!(viewer.post("/api/choose-key", &borrowed(&fields)).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_key_that_cannot_be_seen_takes_a_second_press() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    let fields = operator.enabling("web-clicks", ARN_OF_NOBODY).await;
    let first = operator.post("/api/enable", &borrowed(&fields)).await;
    assert!(first.location().contains("problem=key-unseen"), "{}", first.location());
    let other = operator.post("/api/enable", &borrowed(&with(&fields, "warned_key", "alias/orders"))).await;
    assert!(other.location().contains("problem=key-unseen"), "the warning was of another key");
    let second = operator.post("/api/enable", &borrowed(&with(&fields, "warned_key", ARN_OF_NOBODY))).await;
    assert!(second.location().starts_with("/changes/"), "{}", second.location());
}

#[tokio::test]
async fn the_twenty_sixth_takes_a_reason_which_stands_in_the_audit_chain() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    order(&app, "streams", json!({"name": "web-clicks", "starts_today": 25})).await;
    let fields = operator.enabling("web-clicks", "alias/orders").await;
    let refused = operator.post("/api/enable", &borrowed(&fields)).await;
    assert!(refused.location().contains("problem=quota-used"), "{}", refused.location());
    assert_eq!(app.calls("StartStreamEncryption").await, 0);
    let mut fields = fields;
    fields.push(("quota_reason".to_owned(), "the auditors wait".to_owned()));
    let sent = operator.post("/api/enable", &borrowed(&fields)).await;
    let change = ended(&app, sent.location().strip_prefix("/changes/").unwrap()).await;
    assert!(matches!(rejected(&change).kind, RefusalKind::QuotaUsed { .. }), "{:?}", change.end);
    let audit = operator.get("/audit?stream=web-clicks").await.body;
    assert!(audit.contains("with 25 counted in 24 h: the auditors wait"), "{audit}");
    let quota = app
        .state
        .changes
        .quotas
        .of_stream(Action::Enable, &change.intent.arn, crate::server::services::changes::Asking::FromMemory)
        .await
        .unwrap();
    assert_eq!((quota.count.least, quota.count.refused_at.is_some()), (25, true));
}

#[tokio::test]
async fn cloudtrail_is_asked_once_a_minute_however_many_open_the_confirmation() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    let page = format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable");
    let pages = (0..10).map(|_| operator.get(&page));
    futures_util::future::join_all(pages).await;
    operator.get(&format!("/streams/{ACCOUNT}/{REGION}/orders-prod")).await;
    assert_eq!(app.calls("LookupEvents").await, 1);
}

#[tokio::test]
async fn keys_are_shown_to_those_who_reach_their_streams() {
    let app = TestApp::with(Setup::default()).await;
    let operator = operator(&app).await;
    app.control("settings", json!({"transition_ms": 1})).await;
    ended(&app, &operator.disable("orders-prod").await).await;
    let card = until(|| async {
        let everything = crate::model::access::scope::Scope::everything();
        let keys = app.state.changes.keys.needed(&app.state.inventory, &everything);
        view::keys::cards(&keys).into_iter().find(|card| card.names == ["alias/orders"] && card.arn.is_some())
    });
    let card = card.await;
    assert_eq!((card.using, card.needing, card.free_at.is_some()), (0, 1, true));
    let page = operator.get(&card.path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("orders-prod") && page.body.contains(card.arn.as_deref().unwrap()), "{}", page.body);
    for path in ["/keys/none", "/keys/arn%3Aaws%3Akms%3Aeu-west-1%3A111122223333%3Akey%2F0"] {
        assert_eq!(operator.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let narrow = crate::model::access::scope::Scope::parse("111122223333/eu-west-1/web-*").unwrap();
    let keys = app.state.changes.keys.needed(&app.state.inventory, &narrow);
    assert!(keys.is_empty(), "{keys:?}");
}
