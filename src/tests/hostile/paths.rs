//! Paths and addresses that are not what they seem.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};

use crate::{
    model::access::identity::Role,
    tests::support::{Actor, Answer, ORIGIN, PASSWORD, TestApp},
};

/// Other spellings of the address of a call.
const CALLS_IN_DISGUISE: &[&str] = &[
    "//api/disable",
    "/api//disable",
    "/api/disable/",
    "/api/disable//",
    "/api/./disable",
    "/api/x/../disable",
    "/api/%64isable",
    "/api%2fdisable",
    "/api/disable%00",
    "/api/disable%20",
    "/api/disable;x=1",
    "/API/disable",
    "/api/Disable",
    "/api/disable.json",
    "/pkg/../api/disable",
    "/pkg/%2e%2e/api/disable",
    "/livez/../api/disable",
    "/sign-in/../api/disable",
    "/%2e/api/disable",
    "/api\\disable",
    "/api/disable%23",
];

/// Other spellings of addresses of pages, and files that nobody is to get.
const PAGES_IN_DISGUISE: &[&str] = &[
    "/streams/111122223333/eu-west-1/orders-prod/disable/",
    "/streams/111122223333/eu-west-1/orders-prod//disable",
    "/streams/111122223333/eu-west-1/orders-prod/%64isable",
    "/streams/111122223333/eu-west-1/../eu-west-1/orders-prod/disable",
    "/settings/users/",
    "/settings//users",
    "/settings/%75sers",
    "/audit/",
    "/metrics",
    "/.env",
    "/.git/config",
    "/pkg/.env",
    "/pkg/%2e%2e/keystream.db",
    "/pkg/..%2f..%2fetc%2fpasswd",
    "/Cargo.toml",
];

#[tokio::test]
async fn paths_in_disguise_lead_nowhere() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let viewer = app.actor(Role::Viewer).await;
    let administrator = app.actor(Role::Admin).await;
    let fields = operator.confirmation("orders-prod").await;
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    for &path in CALLS_IN_DISGUISE {
        // As an operator: none of them is another name of the real one. As a viewer and a stranger: none is a way
        // around.
        for (actor, allowed) in [(&operator, [404, 405]), (&viewer, [404, 405]), (&app.anonymous(), [401, 401])] {
            let request = actor
                .request(Method::POST, path, "application/json")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(body.clone()));
            // Some are no addresses at all.
            let Ok(request) = request else { continue };
            let answer = app.send(request).await;
            assert!(allowed.contains(&answer.status.as_u16()), "{path}: {} {}", answer.status, answer.body);
            assert!(!answer.body.contains("disable"), "{path} is not repeated");
        }
    }
    for &path in PAGES_IN_DISGUISE {
        // Asked by somebody who may everything: none of them is another name of a page.
        let answer = administrator.get(path).await;
        assert!(matches!(answer.status.as_u16(), 400 | 404), "{path}: {}", answer.status);
        let stranger = app.anonymous().get(path).await;
        assert!(matches!(stranger.status.as_u16(), 303 | 400 | 404), "{path}: {}", stranger.status);
    }
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
}

/// Addresses that a browser might take for ones of another site.
const LEADING_AWAY: &[&str] = &[
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\nLocation: https://evil.example",
    "/%0d%0aLocation:%20https://evil.example\r\n",
    "https://evil.example",
    "https:evil.example",
    "http:/evil.example",
    "HTTPS://evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "evil.example",
    "@evil.example",
    "/@evil.example/../..//evil.example",
    ".evil.example",
    "?next=//evil.example",
    "#//evil.example",
    " /streams",
    "/streams evil",
    "/str\u{e9}ams",
    "/\u{2028}evil.example",
    "/sign-in",
    "/sign-in?next=/sign-in",
    "/setup/../..//evil.example",
];

#[tokio::test]
async fn nothing_leads_away_from_this_site() {
    let app = TestApp::start().await;
    for &payload in LEADING_AWAY {
        let location_is_ours = |answer: &Answer, what: &str| {
            let location = answer.location();
            let is_ours = location.starts_with('/')
                && !location.starts_with("//")
                && !location.contains(['\\', '\r', '\n', '\t', ' ']);
            assert!(
                answer.status == StatusCode::SEE_OTHER && is_ours,
                "{what} {payload:?}: {} {location:?}",
                answer.status
            );
        };
        let answer = app
            .anonymous()
            .post("/api/sign-in", &[("user_name", "viewer"), ("password", PASSWORD), ("next", payload)])
            .await;
        location_is_ours(&answer, "sign-in");
        let viewer = Actor { cookie: Some(answer.cookie()), ..app.anonymous() };
        let again = viewer.post("/api/confirm-identity", &[("password", PASSWORD), ("next", payload)]).await;
        location_is_ours(&again, "confirm-identity");
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", payload).finish();
        let page = app.anonymous().get(&format!("/sign-in?{query}")).await.body;
        let next = page.split("name=\"next\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(next.starts_with('/') && !next.starts_with("//") && !next.contains('\\'), "{payload:?}: {next}");
    }
    // Neither does what a request says of where it comes from.
    for referer in ["https://evil.example/x", "//evil.example", "http://127.0.0.1:3000@evil.example/", "not a url", ""]
    {
        let request = app
            .anonymous()
            .request(Method::POST, "/api/disable", "text/html")
            .header(header::REFERER, referer)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = app.send(request.body(Body::from("name=x")).unwrap()).await;
        assert!(answer.location().starts_with("/sign-in"), "{referer}: {}", answer.location());
        assert!(!answer.location().contains("evil.example%2F"), "{referer}: {}", answer.location());
    }
    let elsewhere = Request::get("/streams").header(header::HOST, "localhost:3000").body(Body::empty()).unwrap();
    assert_eq!(app.send(elsewhere).await.location(), format!("{ORIGIN}/streams"));
}
