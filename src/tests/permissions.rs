//! The permission table is the whole truth about who may ask for what.

use std::collections::BTreeSet;

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use leptos::server_fn::axum::server_fn_paths;
use strum::VariantArray;

use super::support::{Actor, Setup, TestApp};
use crate::{
    app::is_plain,
    model::access::identity::{Permission, Role},
    server::web::{
        endpoints::TABLE,
        router::{PLAIN_HANDLERS, ROUTES},
    },
};

#[tokio::test]
async fn the_table_names_exactly_what_answers() {
    let table: BTreeSet<String> = TABLE.iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    let functions = server_fn_paths().map(|(path, method)| format!("{method} {path}"));
    let pages = ROUTES.iter().map(|route| format!("GET {}", route.path()));
    let handlers = PLAIN_HANDLERS.iter().map(|(method, path)| format!("{method} {path}"));
    let answering: BTreeSet<String> = functions.chain(pages).chain(handlers).collect();
    assert_eq!(table, answering);
    assert_eq!(table.len(), TABLE.len(), "no entry twice");
}

/// The status that an endpoint answers to someone permitted, without meaningful arguments.
fn when_allowed(method: &Method, path: &str) -> StatusCode {
    match (method.as_str(), path) {
        ("GET", "/") => StatusCode::SEE_OTHER,
        ("GET", "/setup/{token}" | "/pkg/{*file}" | "/favicon.svg" | "/robots.txt") => StatusCode::NOT_FOUND,
        (
            "GET",
            "/streams/{account}/{region}/{name}"
            | "/streams/{account}/{region}/{name}/disable"
            | "/streams/{account}/{region}/{name}/enable"
            | "/changes/{id}"
            | "/keys/{arn}"
            | "/settings/users/{id}",
        ) => StatusCode::NOT_FOUND,
        ("GET", "/audit/export") => StatusCode::BAD_REQUEST,
        ("POST", "/csp-report") => StatusCode::NO_CONTENT,
        (
            "POST",
            "/api/frame"
            | "/api/sign-in-page"
            | "/api/sign-out"
            | "/api/end-other-sessions"
            | "/api/settings"
            | "/api/keys"
            | "/api/users"
            | "/api/confirm-identity-page",
        ) => StatusCode::OK,
        // Arguments are missing, and the demo's sign-in and the setup link don't exist.
        (
            "POST",
            "/api/sign-in-demo"
            | "/api/setup"
            | "/api/disable"
            | "/api/enable"
            | "/api/cancel-change"
            | "/api/close-change"
            | "/api/prove-by-read"
            | "/api/report-proof"
            | "/api/end-session"
            | "/api/pause-target"
            | "/api/resume-target"
            | "/api/set-user-rights"
            | "/api/set-user-password"
            | "/api/disable-user"
            | "/api/enable-user",
        ) => StatusCode::NOT_FOUND,
        (
            "POST",
            "/api/sign-in" | "/api/change-password" | "/api/confirm-identity" | "/api/add-user" | "/api/prove-by-write",
        ) => StatusCode::UNPROCESSABLE_ENTITY,
        ("POST", _) => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    }
}

/// Server functions that accept forms; the others accept JSON.
const FORMS: [&str; 22] = [
    "/api/sign-in",
    "/api/sign-in-demo",
    "/api/sign-out",
    "/api/setup",
    "/api/disable",
    "/api/enable",
    "/api/cancel-change",
    "/api/close-change",
    "/api/prove-by-write",
    "/api/prove-by-read",
    "/api/report-proof",
    "/api/pause-target",
    "/api/resume-target",
    "/api/end-session",
    "/api/end-other-sessions",
    "/api/change-password",
    "/api/confirm-identity",
    "/api/add-user",
    "/api/set-user-rights",
    "/api/set-user-password",
    "/api/disable-user",
    "/api/enable-user",
];

async fn ask(actor: &Actor<'_>, method: &Method, pattern: &str, accept: &str) -> StatusCode {
    let path = pattern.replace("{*file}", "x.js").replace(['{', '}'], "");
    let content_type = if FORMS.contains(&pattern) { "application/x-www-form-urlencoded" } else { "application/json" };
    let body =
        if content_type == "application/json" && method == Method::POST { Body::from("{}") } else { Body::empty() };
    let request = actor.request(method.clone(), &path, accept).header(header::CONTENT_TYPE, content_type);
    actor.app.send(request.body(body).unwrap()).await.status
}

#[tokio::test]
async fn each_entry_answers_each_actor_as_the_table_says() {
    let app = TestApp::start().await;
    for (method, pattern, permission) in TABLE {
        let accept = if *method == Method::GET { "text/html" } else { "application/json" };
        let anonymous = match permission {
            Permission::Public => when_allowed(method, pattern),
            _ if *pattern == "/events" => StatusCode::NO_CONTENT,
            _ if *method == Method::GET => StatusCode::SEE_OTHER,
            _ => StatusCode::UNAUTHORIZED,
        };
        assert_eq!(ask(&app.anonymous(), method, pattern, accept).await, anonymous, "anonymous {method} {pattern}");
    }
    for &role in Role::VARIANTS {
        let mut actor = app.actor(role).await;
        for (method, pattern, permission) in TABLE {
            let accept = if *method == Method::GET { "text/html" } else { "application/json" };
            let expected = if role.may(*permission) { when_allowed(method, pattern) } else { StatusCode::FORBIDDEN };
            assert_eq!(ask(&actor, method, pattern, accept).await, expected, "{role} {method} {pattern}");
            if *pattern == "/api/sign-out" {
                actor = app.actor(role).await;
            }
        }
    }
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
}

#[tokio::test]
async fn unknown_paths_tell_strangers_nothing() {
    let app = TestApp::start().await;
    let page = app.anonymous().get("/unheard/of").await;
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/sign-in?next=%2Funheard%2Fof"));
    let answer = app.anonymous().json("/api/unheard-of", serde_json::json!({})).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::UNAUTHORIZED, "\"SignedOut\""));
    let viewer = app.actor(Role::Viewer).await;
    let page = viewer.get("/unheard/of").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.body.contains("<h1>Not found</h1>") && !page.body.contains("unheard"), "{}", page.body);
    assert_eq!(viewer.json("/api/unheard-of", serde_json::json!({})).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn read_only_refuses_every_change_on_the_server() {
    let app = TestApp::with(Setup { is_read_only: true, ..Setup::default() }).await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let list = operator.get("/streams").await;
    assert!(list.body.contains("orders-prod") && !list.body.contains("/disable\""), "no link is offered");
    let page = operator.get("/streams/111122223333/eu-west-1/orders-prod/disable").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.body.contains(">Not permitted<"), "{}", page.body);
    let fields = [
        ("account", "111122223333"),
        ("region", "eu-west-1"),
        ("name", "orders-prod"),
        ("request_id", "0123456789abcdef"),
        ("shown_arn", "arn:aws:kinesis:eu-west-1:111122223333:stream/orders-prod"),
        ("shown_created", "1"),
        ("shown_key", "alias/orders"),
        ("typed_name", "orders-prod"),
        ("reason", "OPS-1"),
    ];
    assert_eq!(operator.call("/api/disable", &fields).await.status, StatusCode::FORBIDDEN);
    assert_eq!(operator.post("/api/disable", &fields).await.status, StatusCode::FORBIDDEN);
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
}

#[tokio::test]
async fn pages_are_taken_over_by_wasm_or_stay_as_they_come() {
    let app = TestApp::start().await;
    let administrator = app.actor(Role::Admin).await;
    let mut plain = BTreeSet::new();
    for route in ROUTES.iter() {
        let path = route.path().replace(['{', '}'], "");
        let page = administrator.get(&path).await.body;
        assert_eq!(page.contains("<script type=\"module\""), !is_plain(&path), "{path}");
        assert!(page.contains("<h1>"), "{path} is a page: {page}");
        if is_plain(&path) {
            plain.insert(route.path().to_owned());
        }
    }
    let expected = [
        "/audit",
        "/confirm-identity",
        "/help",
        "/keys",
        "/keys/{arn}",
        "/settings",
        "/settings/users",
        "/settings/users/{id}",
        "/setup/{token}",
        "/sign-in",
    ];
    assert_eq!(plain, expected.map(str::to_owned).into());
}
