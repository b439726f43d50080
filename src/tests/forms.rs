//! Forms without wasm: every mistake leads back to its page with the input, and repeats make one change.

use axum::http::StatusCode;
use sqlx::Connection;

use super::support::{ACCOUNT, PASSWORD, REGION, Setup, TestApp, borrowed, shown, until, with};
use crate::{
    error::AppError,
    model::{access::identity::Role, time::MINUTE_MS},
};

#[tokio::test]
async fn a_failed_sign_in_keeps_the_name_and_where_to_go() {
    let app = TestApp::start().await;
    let fields = [("user_name", "viewer"), ("password", "wrong"), ("next", "/changes?page=2")];
    let refused = app.anonymous().post("/api/sign-in", &fields).await;
    assert_eq!(refused.status, StatusCode::SEE_OTHER);
    assert!(refused.location().starts_with("/sign-in?problem=sign-in-failed&draft="), "{}", refused.location());
    assert!(!refused.headers.contains_key("set-cookie"));
    let page = app.anonymous().get(refused.location()).await;
    assert!(page.body.contains("User name or password is wrong, or the account can't sign in."), "{}", page.body);
    assert!(
        page.body.contains("value=\"viewer\"")
            && page.body.contains("value=\"/changes?page=2\"")
            && !page.body.contains("wrong\""),
        "{}",
        page.body
    );
    let unknown = app.anonymous().post("/api/sign-in", &[("user_name", "nobody"), ("password", PASSWORD)]).await;
    assert!(unknown.location().starts_with("/sign-in?problem=sign-in-failed&draft="));
    let right = app
        .anonymous()
        .post("/api/sign-in", &[("user_name", "VIEWER"), ("password", PASSWORD), ("next", "//evil.example")])
        .await;
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
    assert_eq!(
        demo.anonymous().post("/api/sign-in-demo", &[("user_name", "nobody")]).await.status,
        StatusCode::NOT_FOUND
    );
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
        ("typed_name", "orders-Prod", "name-mismatch", "That isn't orders-prod."),
        ("typed_name", "", "name-mismatch", "Type the name exactly as shown."),
        ("reason", "  ", "reason-missing", "Enter a reason, with the ticket if there is one."),
        ("reason", &long, "reason-too-long", "The reason is longer than 500 characters."),
        (
            "shown_arn",
            "arn:aws:kinesis:eu-west-1:111122223333:stream/other",
            "form-incomplete",
            "The form arrived incomplete.",
        ),
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
        assert!(page.body.contains("<title>Error: Disable encryption of orders-prod?"), "{field}: {}", page.body);
        let by_wasm = operator.call("/api/disable", &borrowed(&changed)).await;
        assert_eq!(by_wasm.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}: {}", by_wasm.body);
        assert!(answered(&by_wasm.body).contains(text), "{field}: {}", by_wasm.body);
        // Only its author can see a draft.
        let admin = app.actor(Role::Admin).await.get(answer.location()).await;
        assert!(!admin.body.contains("value=\"orders-Prod\""));
    }
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
}

/// The parts of the form in the answer to a mistake.
fn answered(body: &str) -> String {
    match serde_json::from_str(body).unwrap() {
        AppError::Mistake { parts, .. } => parts.replace("&#x27;", "'"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_mistake_is_named_under_the_heading_and_at_its_field() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let fields = with(&operator.confirmation("orders-prod").await, "reason", "");
    let back = operator.post("/api/disable", &borrowed(&fields)).await;
    let page = shown(&operator.get(back.location()).await.body);
    assert_eq!(page.matches("role=\"alert\"").count(), 1, "{page}");
    let (_, after_heading) = page.split_once("</h1>").unwrap();
    assert!(after_heading.trim_start().starts_with("<p role=\"alert\" class=\"alert\">Enter a reason"), "{page}");
    let (before, field) = page.split_once("id=\"field-reason\"").unwrap();
    assert!(!before.contains("aria-invalid"), "{page}");
    let field = field.split_once("</div>").unwrap().0;
    assert!(field.contains("aria-invalid=\"true\"") && field.contains("id=\"reason-mistake\""), "{field}");
    assert!(
        field.contains("autofocus") && field.contains("aria-describedby=\"reason-mistake reason-hint\""),
        "{field}"
    );
    let parts = answered(&operator.call("/api/disable", &borrowed(&fields)).await.body);
    assert!(parts.contains("role=\"alert\"") && parts.contains("value=\"orders-prod\""), "{parts}");
}

#[tokio::test]
async fn a_confirmation_that_refreshes_itself_reads_nothing() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    for action in ["disable", "enable"] {
        let path = format!("/streams/{ACCOUNT}/{REGION}/orders-prod/{action}");
        let refreshed = operator.get(&format!("{path}?live=1")).await.body;
        assert!(refreshed.contains("Open the confirmation again") && refreshed.contains("id=\"bar\""), "{refreshed}");
        assert!(!refreshed.contains("id=\"confirmation\""), "its form has a plan, which needs a read: {refreshed}");
        assert!(operator.get(&path).await.body.contains("id=\"confirmation\""));
    }
}

#[tokio::test]
async fn a_confirmation_names_the_owner_that_a_tag_names() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let path = format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable");
    until(|| async { operator.get(&path).await.body.contains("Owner: payments (tag team).").then_some(()) }).await;
}

#[tokio::test]
async fn a_form_sent_after_its_session_ended_is_filled_in_again_after_sign_in() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let fields = with(&operator.confirmation("orders-prod").await, "reason", "OPS-7");
    app.clock.advance(16 * MINUTE_MS);
    let ended = operator.post("/api/disable", &borrowed(&fields)).await;
    let next = ended.location().strip_prefix("/sign-in?next=").unwrap_or_else(|| panic!("led to {}", ended.location()));
    let next = percent_encoding::percent_decode_str(next).decode_utf8().unwrap().into_owned();
    assert!(next.starts_with(&format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable?draft=")), "{next}");
    let again = shown(&app.actor(Role::Operator).await.get(&next).await.body);
    assert!(again.contains("value=\"OPS-7\"") && !again.contains("role=\"alert\""), "{again}");
    let other = app.actor(Role::Admin).await.get(&next).await.body;
    assert!(!other.contains("OPS-7"), "only its author can see a draft");
    // The session is over now: whoever sends the form again has no draft.
    let nobody = operator.post("/api/disable", &borrowed(&fields)).await;
    assert_eq!(nobody.location(), "/sign-in");
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
}

#[tokio::test]
async fn a_page_that_hears_of_its_session_s_end_first_loses_nothing_either() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let path = format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable");
    let fields = with(&operator.confirmation("orders-prod").await, "reason", "OPS-7");
    app.clock.advance(16 * MINUTE_MS);
    assert_eq!(operator.get("/events").await.status, StatusCode::NO_CONTENT);
    assert_eq!(operator.get(&format!("{path}?live=1")).await.status, StatusCode::SEE_OTHER);
    let ended = operator.post("/api/disable", &borrowed(&fields)).await;
    assert!(ended.location().contains("disable%3Fdraft%3D"), "led to {}", ended.location());
    // A person's own request is the last one of the session.
    assert_eq!(operator.post("/api/disable", &borrowed(&fields)).await.location(), "/sign-in");
}

#[tokio::test]
async fn the_same_form_twice_is_one_change_and_with_other_values_refused() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let fields = operator.confirmation("orders-prod").await;
    let borrowed_fields = borrowed(&fields);
    let (first, second) =
        tokio::join!(operator.post("/api/disable", &borrowed_fields), operator.post("/api/disable", &borrowed_fields));
    assert_eq!(first.location(), second.location());
    let other = with(&fields, "reason", "another reason");
    assert_eq!(operator.call("/api/disable", &borrowed(&other)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let by_form = operator.post("/api/disable", &borrowed(&other)).await;
    assert_eq!(by_form.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        by_form.body.contains("This form was already sent with other values. Nothing was sent again."),
        "{}",
        by_form.body
    );
    // Someone else's form for the same stream leads to the active change.
    let id = first.location().strip_prefix("/changes/").unwrap().to_owned();
    let admin = app.actor(Role::Admin).await;
    let page = admin.get(&format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable")).await;
    assert!(
        page.body.contains(&format!("/changes/{id}")) && !page.body.contains("action=\"/api/disable\""),
        "{}",
        page.body
    );
    let joined = admin.post("/api/disable", &borrowed(&with(&fields, "request_id", "ffffffffffffffffffff"))).await;
    assert_eq!(joined.location(), format!("/changes/{id}"));
    app.change_when(&id, |change| change.evidence.reached_at.is_some()).await;
    assert_eq!(app.calls("StopStreamEncryption").await, 1);
}

#[tokio::test]
async fn without_a_journal_nothing_is_sent_and_the_page_shows_the_call() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let fields = operator.confirmation("orders-prod").await;
    // Another process holds the write lock for longer than a writer waits.
    let mut other = sqlx::SqliteConnection::connect(&app.database_url).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let refused = operator.post("/api/disable", &borrowed(&fields)).await;
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "60"));
    let call = "aws kinesis stop-stream-encryption --region eu-west-1 --stream-arn \
        arn:aws:kinesis:eu-west-1:111122223333:stream/orders-prod \
                --encryption-type KMS --key-id alias/orders";
    assert!(refused.body.contains("Nothing was sent.") && refused.body.contains(call), "{}", refused.body);
    assert_eq!(app.anonymous().get("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(operator.get("/streams").await.status, StatusCode::OK, "reads go on");
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
    let id = operator
        .post("/api/disable", &borrowed(&fields))
        .await
        .location()
        .strip_prefix("/changes/")
        .unwrap()
        .to_owned();
    app.change_when(&id, |change| change.evidence.accepted.is_some()).await;
}

#[tokio::test]
async fn a_stream_that_is_not_there_is_not_found_and_leaves_no_row() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let page = operator.get(&format!("/streams/{ACCOUNT}/{REGION}/typo/disable")).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.body.contains(">Not found<"), "{}", page.body);
    assert!(!operator.get("/streams").await.body.contains("typo"));
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
    let mistake =
        with(&with(&operator.confirmation("checkout-events").await, "reason", payload), "typed_name", payload);
    let back = operator.post("/api/disable", &borrowed(&mistake)).await;
    let page = operator.get(back.location()).await;
    assert!(page.body.contains("&lt;script&gt;") && !page.body.contains("<script>alert"), "{}", page.body);
}
