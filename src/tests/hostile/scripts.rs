//! Scripts in what people type and in what AWS sends.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use serde_json::json;

use crate::{
    model::{
        access::{credentials::UserName, identity::Role},
        time::SECOND_MS,
    },
    tests::support::{ACCOUNT, REGION, TestApp, borrowed, until, with},
};

/// Texts that want to be something else than text.
const SCRIPTS: [&str; 8] = [
    "</textarea><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg/onload=alert(1)>",
    "</script><script>alert(1)</script>",
    "<!--<script>alert(1)//-->",
    "{{constructor.constructor('alert(1)')()}}",
    "javascript:alert(1)",
    "</title><iframe src=javascript:alert(1)>",
];

fn assert_no_script(page: &str, what: &str) {
    for tag in ["<script>alert", "<img src=x", "<svg/onload", "<iframe", "href=\"javascript:", "<!--<script"] {
        assert!(!page.contains(tag), "{what} has {tag}: {page}");
    }
}

#[tokio::test]
async fn what_people_type_is_text_on_every_page() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let administrator = app.actor(Role::Admin).await;
    for (number, script) in SCRIPTS.into_iter().enumerate() {
        // The reason of a change.
        let stream = [
            "orders-prod",
            "invoices",
            "refunds",
            "chargebacks",
            "fraud-scores",
            "ledger-entries",
            "notifications",
            "audit-trail",
        ][number];
        app.known(stream).await;
        let fields = with(&administrator.confirmation(stream).await, "reason", script);
        let change = administrator.post("/api/disable", &borrowed(&fields)).await.location().to_owned();
        assert!(change.starts_with("/changes/"), "{change}");
        // A name that is not the stream's, a user's name and scope, a search, a mistake's code.
        let wrong =
            with(&with(&administrator.confirmation("payout-requests").await, "typed_name", script), "reason", script);
        let back = administrator.post("/api/disable", &borrowed(&wrong)).await.location().to_owned();
        let user = [("user_name", script), ("role", script), ("scope", script)];
        let user = administrator.post("/api/add-user", &user).await.location().to_owned();
        let sign_in = app.anonymous().sign_in(script, script).await.location().to_owned();
        assert_no_script(&app.anonymous().get(&sign_in).await.body, "sign-in");
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(
                ["q", "actor", "action", "from", "encryption", "sort", "problem", "draft", "next", "cols"]
                    .map(|key| (key, script)),
            )
            .finish();
        for path in [
            change.as_str(),
            back.as_str(),
            user.as_str(),
            "/changes",
            "/streams",
            "/audit",
            &format!("/streams/{ACCOUNT}/{REGION}/{stream}"),
            &format!("/streams?{query}"),
            &format!("/audit?{query}"),
            &format!("/settings?{query}"),
            &format!("/confirm-identity?{query}"),
            &format!("/streams/{ACCOUNT}/{REGION}/payout-requests/disable?{query}"),
        ] {
            let page = administrator.get(path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.body);
            assert_no_script(&page.body, path);
        }
        let mut agent = app.anonymous().request(Method::POST, "/api/sign-in", "text/html");
        agent =
            agent.header(header::USER_AGENT, script).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        app.send(agent.body(Body::from("user_name=x&password=y")).unwrap()).await;
    }
    assert_no_script(&administrator.get("/audit").await.body, "browsers' names");
    assert!(administrator.get("/audit").await.body.contains("&lt;svg/onload"), "they are there, as text");
    assert!(UserName::parse("<b>").is_err());
}

#[tokio::test]
async fn what_aws_sends_is_text_on_every_page() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    for script in SCRIPTS {
        // A key id and a status of a stream, and the words of a refusal.
        let stream =
            json!({"account": ACCOUNT, "region": REGION, "name": "orders-prod", "key": script, "status": script});
        app.control("streams", stream).await;
        let fault =
            json!({"operation": "StopStreamEncryption", "fault": {"refuse": {"code": script, "message": script}}});
        app.control("faults", fault).await;
        // Who opens a confirmation shares a read of the last two seconds.
        app.clock.advance(3 * SECOND_MS);
        let confirmation = operator.get(&format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable")).await;
        assert_eq!(confirmation.status, StatusCode::OK);
        assert_no_script(&confirmation.body, "confirmation");
        let key = crate::model::stream::StreamId::parse(ACCOUNT, REGION, "orders-prod").unwrap();
        until(|| async {
            let (row, _) = app.state.inventory.stream(&key)?;
            row.status.filter(|status| status.value.as_str() == script).map(|_| ())
        })
        .await;
        for path in ["/streams", &format!("/streams/{ACCOUNT}/{REGION}/orders-prod"), "/audit", "/settings"] {
            assert_no_script(&operator.get(path).await.body, path);
        }
        // Their own types keep what is in them from being read as a page.
        for (path, kind) in [("/streams.json", "application/json"), ("/streams.csv", "text/csv")] {
            let file = operator.get(path).await;
            assert_eq!(file.status, StatusCode::OK, "{path}: {}", file.body);
            assert!(file.header("content-type").starts_with(kind), "{path}: {}", file.header("content-type"));
        }
        app.control(
            "streams",
            json!({
                "account": ACCOUNT, "region": REGION, "name": "orders-prod", "key": "alias/orders",
                "status": "ACTIVE",
            }),
        )
        .await;
        app.clock.advance(3 * SECOND_MS);
        let id = operator.disable("orders-prod").await;
        let change = app.change_when(&id, |change| !change.is_active()).await;
        assert!(change.evidence.sent_at.is_some());
        for path in [&format!("/changes/{id}"), "/changes", "/streams", "/audit"] {
            let page = operator.get(path).await.body;
            assert_no_script(&page, path);
        }
        assert!(operator.get(&format!("/changes/{id}")).await.body.contains("AWS said"), "the refusal is shown");
    }
}
