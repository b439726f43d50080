//! Forms without wasm: every mistake leads back to its page with what was typed, every repeat is one change.

use axum::http::StatusCode;

use super::support::{ACCOUNT, PASSWORD, REGION, Setup, TestApp, borrowed, with};
use crate::model::identity::Role;

#[tokio::test]
async fn a_failed_sign_in_keeps_the_name_and_where_to_go() {
    let app = TestApp::start().await;
    let fields = [("user_name", "viewer"), ("password", "wrong"), ("next", "/changes?page=2")];
    let refused = app.anonymous().post("/api/sign-in", &fields).await;
    assert_eq!(refused.status, StatusCode::SEE_OTHER);
    assert!(refused.location().starts_with("/sign-in?problem=sign-in-failed&draft="), "{}", refused.location());
    assert!(!refused.headers.contains_key("set-cookie"));
    let page = app.anonymous().get(refused.location()).await;
    assert!(page.body.contains("User name or password is wrong, or the account may not sign in."), "{}", page.body);
    assert!(
        page.body.contains("value=\"viewer\"") && page.body.contains("value=\"/changes?page=2\"") && !page.body.contains("wrong\""),
        "{}",
        page.body
    );
    let unknown = app.anonymous().post("/api/sign-in", &[("user_name", "nobody"), ("password", PASSWORD)]).await;
    assert!(unknown.location().starts_with("/sign-in?problem=sign-in-failed&draft="));
    let right = app.anonymous().post("/api/sign-in", &[("user_name", "VIEWER"), ("password", PASSWORD), ("next", "//evil.example")]).await;
    assert_eq!((right.status, right.location()), (StatusCode::SEE_OTHER, "/streams"));
}

#[tokio::test]
async fn the_demos_buttons_are_never_there_otherwise() {
    let app = TestApp::start().await;
    assert!(!app.anonymous().get("/sign-in").await.body.contains("Sign in as"));
    let refused = app.anonymous().post("/api/sign-in-demo", &[("user_name", "operator")]).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert!(!refused.headers.contains_key("set-cookie"));
    let demo = TestApp::with(Setup { is_demo: true, ..Setup::default() }).await;
    assert!(demo.anonymous().get("/sign-in").await.body.contains("Sign in as operator"));
    assert_eq!(demo.anonymous().post("/api/sign-in-demo", &[("user_name", "operator")]).await.location(), "/streams");
    assert_eq!(demo.anonymous().post("/api/sign-in-demo", &[("user_name", "nobody")]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn mistakes_lead_back_with_everything_typed_and_send_nothing() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let fields = operator.confirmation("orders-prod").await;
    let path = format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable");
    let long = "x".repeat(501);
    for (field, value, problem, text) in [
        ("typed_name", "orders-Prod", "name-mismatch", "The name typed is not orders-prod."),
        ("typed_name", "", "name-mismatch", "Type it exactly as shown."),
        ("reason", "  ", "reason-missing", "A reason is missing."),
        ("reason", &long, "reason-too-long", "The reason has more than 500 characters."),
        ("shown_arn", "arn:aws:kinesis:eu-west-1:111122223333:stream/other", "form-incomplete", "The form arrived incomplete."),
        ("shown_created", "yesterday", "form-incomplete", "The form arrived incomplete."),
        ("request_id", "../../x", "form-incomplete", "The form arrived incomplete."),
    ] {
        let changed = with(&fields, field, value);
        let answer = operator.post("/api/disable", &borrowed(&changed)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{field}");
        let back = format!("{path}?problem={problem}&draft=");
        assert!(answer.location().starts_with(&back), "{field}: {}", answer.location());
        let page = operator.get(answer.location()).await;
        assert!(page.body.contains(text), "{field}: {}", page.body);
        if field == "reason" && !value.trim().is_empty() {
            assert!(page.body.contains(&format!("value=\"{value}\"")), "what was typed is kept");
        }
        let by_wasm = operator.call("/api/disable", &borrowed(&changed)).await;
        assert_eq!(by_wasm.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}: {}", by_wasm.body);
        // A draft is its author's only.
        let admin = app.actor(Role::Admin).await.get(answer.location()).await;
        assert!(!admin.body.contains("value=\"orders-Prod\""));
    }
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
}

#[tokio::test]
async fn the_same_form_twice_is_one_change_and_with_other_values_refused() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let fields = operator.confirmation("orders-prod").await;
    let borrowed_fields = borrowed(&fields);
    let (first, second) = tokio::join!(operator.post("/api/disable", &borrowed_fields), operator.post("/api/disable", &borrowed_fields));
    assert_eq!(first.location(), second.location());
    let other = with(&fields, "reason", "another reason");
    assert_eq!(operator.call("/api/disable", &borrowed(&other)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Somebody else's form for the same stream goes to the change that is under way.
    let id = first.location().strip_prefix("/changes/").unwrap().to_owned();
    let admin = app.actor(Role::Admin).await;
    let page = admin.get(&format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable")).await;
    assert!(page.body.contains(&format!("/changes/{id}")) && !page.body.contains("action=\"/api/disable\""), "{}", page.body);
    let joined = admin.post("/api/disable", &borrowed(&with(&fields, "request_id", "ffffffffffffffffffff"))).await;
    assert_eq!(joined.location(), format!("/changes/{id}"));
    app.change_when(&id, |change| change.reached_at.is_some()).await;
    assert_eq!(app.calls("StopStreamEncryption").await, 1);
}

#[tokio::test]
async fn what_people_type_is_text_everywhere() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let payload = "</textarea><script>alert(1)</script>\"'<img src=x onerror=alert(1)>";
    let fields = with(&operator.confirmation("orders-prod").await, "reason", payload);
    let id = operator.post("/api/disable", &borrowed(&fields)).await.location().to_owned();
    for path in [id.as_str(), "/changes", "/streams", "/streams/111122223333/eu-west-1/orders-prod"] {
        let page = operator.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(!page.body.contains("<script>alert") && !page.body.contains("<img src=x"), "{path}: {}", page.body);
    }
    let mistake = with(&with(&operator.confirmation("checkout-events").await, "reason", payload), "typed_name", payload);
    let back = operator.post("/api/disable", &borrowed(&mistake)).await;
    let page = operator.get(back.location()).await;
    assert!(page.body.contains("&lt;script&gt;") && !page.body.contains("<script>alert"), "{}", page.body);
}
