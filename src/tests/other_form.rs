//! A disable whose reported key AWS doesn't accept: then, and only then, the form asks for another form of the key.

use axum::http::StatusCode;
use serde_json::json;

use super::support::{ACCOUNT, Actor, REGION, TestApp, borrowed, hidden_fields, with};
use crate::model::{
    access::identity::Role,
    change::{Change, End, Ending},
    keys::KeyArn,
};

async fn operator(app: &TestApp) -> Actor<'_> {
    app.known("orders-prod").await;
    app.actor(Role::Operator).await
}

fn page_of(action: &str) -> String {
    format!("/streams/{ACCOUNT}/{REGION}/orders-prod/{action}")
}

/// The prefilled key, if the page asks for one.
fn key_asked_for(page: &str) -> Option<&str> {
    let input = page.split("<input ").find(|input| input.contains("name=\"key\""))?;
    Some(input.split("value=\"").nth(1)?.split('"').next().unwrap())
}

/// The fields of a disable's page, completed with a key.
async fn filled(operator: &Actor<'_>, key: &str) -> Vec<(String, String)> {
    let page = operator.get(&page_of("disable")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let typed = [("typed_name", "orders-prod"), ("reason", "OPS-1"), ("key", key)];
    let typed = typed.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    hidden_fields(&page.body).into_iter().chain(typed).collect()
}

async fn refused_once(app: &TestApp, operator: &Actor<'_>, code: &str) -> Change {
    let fault =
        json!({"operation": "StopStreamEncryption", "fault": {"refuse": {"code": code, "message": "as AWS says it"}}});
    app.control("faults", fault).await;
    let id = operator.disable("orders-prod").await;
    app.change_when(&id, |change| !change.is_active()).await
}

async fn sent_with(app: &TestApp, location: &str) -> (Change, Vec<String>) {
    let id = location.strip_prefix("/changes/").unwrap_or_else(|| panic!("led to {location}"));
    let change = app.change_when(id, |change| !change.is_active()).await;
    let calls = app.call_log().await;
    let stops = calls.iter().filter(|call| call["operation"] == "StopStreamEncryption");
    (change, stops.map(|call| call["key"].as_str().unwrap_or_default().to_owned()).collect())
}

#[tokio::test]
async fn after_a_refusal_that_speaks_of_a_value_another_form_of_the_key_is_offered_and_sent() {
    for code in ["InvalidArgumentException", "ResourceNotFoundException"] {
        let app = TestApp::start().await;
        let operator = operator(&app).await;
        assert_eq!(key_asked_for(&operator.get(&page_of("disable")).await.body), None, "not before");
        let refused = refused_once(&app, &operator, code).await;
        let link = format!("href=\"{}\"", page_of("disable"));
        assert!(operator.get(&format!("/changes/{}", refused.id)).await.body.contains(&link), "{code}");
        let page = operator.get(&page_of("disable")).await.body;
        assert!(page.contains(&format!("AWS didn't accept alias/orders ({code}, ")), "{page}");
        let arn = key_asked_for(&page).unwrap().to_owned();
        assert!(arn.parse::<KeyArn>().is_ok(), "the key's ARN stands ready: {arn}");
        let answer = operator.post("/api/disable", &borrowed(&filled(&operator, &arn).await)).await;
        let (change, keys) = sent_with(&app, answer.location()).await;
        assert!(change.evidence.settled_at.is_some(), "{:?}", change.end);
        assert_eq!(change.intent.key.unwrap().as_str(), arn);
        assert_eq!(keys, ["alias/orders".to_owned(), arn]);
        let enable = operator.get(&page_of("enable")).await.body;
        assert_eq!(key_asked_for(&enable), Some(keys[1].as_str()), "it goes back with the form that worked");
    }
}

#[tokio::test]
async fn no_other_form_is_taken_while_aws_has_not_refused_the_key() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    refused_once(&app, &operator, "ResourceInUseException").await;
    assert_eq!(key_asked_for(&operator.get(&page_of("disable")).await.body), None, "the key was not at fault");
    let stops = app.calls("StopStreamEncryption").await;
    let forged = filled(&operator, "alias/ledger").await;
    let answer = operator.post("/api/disable", &borrowed(&forged)).await;
    assert!(answer.location().contains("problem=form-incomplete"), "{}", answer.location());
    let as_reported = filled(&operator, "alias/orders").await;
    let answer = operator.post("/api/disable", &borrowed(&as_reported)).await;
    assert!(
        answer.location().starts_with("/changes/"),
        "the key as AWS reports it is no other form: {}",
        answer.location()
    );
    sent_with(&app, answer.location()).await;
    assert_eq!(app.calls("StopStreamEncryption").await, stops + 1);
}

#[tokio::test]
async fn a_key_that_aws_does_not_name_is_asked_for() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    app.control("settings", json!({"unnamed_keys": true})).await;
    let page = operator.get(&page_of("disable")).await.body;
    assert!(page.contains("names no key, and the call needs one. Enter the key."), "{page}");
    assert!(page.contains("--key-id KEY"), "{page}");
    for (key, problem) in [("", "key-invalid"), ("orders", "key-invalid")] {
        let fields = filled(&operator, key).await;
        let answer = operator.post("/api/disable", &borrowed(&fields)).await;
        assert!(answer.location().contains(problem), "{key}: {}", answer.location());
        let again = operator.get(answer.location()).await.body;
        assert!(again.contains("value=\"OPS-1\""), "what was typed is kept");
    }
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
    let answer = operator.post("/api/disable", &borrowed(&filled(&operator, "alias/orders").await)).await;
    let (change, keys) = sent_with(&app, answer.location()).await;
    assert!(change.evidence.settled_at.is_some(), "{:?}", change.end);
    assert_eq!(keys, ["alias/orders"]);
}

#[tokio::test]
async fn what_seems_to_be_another_key_is_sent_only_when_confirmed_once_more() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    refused_once(&app, &operator, "InvalidArgumentException").await;
    let fields = filled(&operator, "alias/ledger").await;
    let warned = operator.post("/api/disable", &borrowed(&fields)).await;
    assert!(warned.location().contains("problem=key-other"), "{}", warned.location());
    assert_eq!(app.calls("StopStreamEncryption").await, 1);
    let page = operator.get(warned.location()).await.body;
    assert!(page.contains("This isn't the key that the stream was seen to be encrypted with."), "{page}");
    assert_eq!(key_asked_for(&page), Some("alias/ledger"));
    let again = with(&fields, "warned_key", "alias/ledger");
    let answer = operator.post("/api/disable", &borrowed(&again)).await;
    let (change, keys) = sent_with(&app, answer.location()).await;
    assert!(!matches!(change.end, Some(Ending { how: End::Expired, .. })));
    assert_eq!(keys, ["alias/orders", "alias/ledger"]);
}
