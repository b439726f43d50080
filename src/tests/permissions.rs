//! The registry of endpoints is the whole truth about who may ask for what.

use std::collections::BTreeSet;

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use leptos::server_fn::axum::server_fn_paths;
use strum::VariantArray;

use super::support::{Actor, Setup, TestApp};
use crate::{
    model::access::identity::{Permission, Role},
    server::web::{
        endpoints::{Endpoint, Kind, REGISTRY},
        router::ROUTES,
    },
};

#[tokio::test]
async fn the_registry_declares_exactly_what_answers() {
    let declared: BTreeSet<String> =
        REGISTRY.iter().map(|endpoint| format!("{} {}", endpoint.verb.as_str(), endpoint.path)).collect();
    let functions = server_fn_paths().map(|(path, method)| format!("{method} {path}"));
    let pages = ROUTES.iter().map(|route| format!("GET {}", route.path()));
    // Mounted from the registry, and nowhere else.
    let handlers = REGISTRY
        .iter()
        .filter(|endpoint| matches!(endpoint.kind, Kind::Handler(_)))
        .map(|endpoint| format!("{} {}", endpoint.verb.as_str(), endpoint.path));
    let answering: BTreeSet<String> = functions.chain(pages).chain(handlers).collect();
    assert_eq!(declared, answering);
    assert_eq!(declared.len(), REGISTRY.len(), "no entry twice");
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
        // Without a provider, there is no way to one.
        ("GET", "/auth/oidc/start" | "/auth/oidc/callback") | ("POST", "/auth/oidc/backchannel-logout") => {
            StatusCode::NOT_FOUND
        }
        ("POST", "/csp-report") => StatusCode::NO_CONTENT,
        ("POST", "/api/sign-out" | "/api/end-other-sessions" | "/api/set-shortcuts") => StatusCode::OK,
        // Arguments are missing, and the demo's sign-in and the links don't exist.
        (
            "POST",
            "/api/sign-in-demo"
            | "/api/setup"
            | "/api/set-password"
            | "/api/disable"
            | "/api/enable"
            | "/api/cancel-change"
            | "/api/close-change"
            | "/api/prove-by-write"
            | "/api/prove-by-read"
            | "/api/report-proof"
            | "/api/end-session"
            | "/api/pause-target"
            | "/api/resume-target"
            | "/api/set-user-rights"
            | "/api/make-password-link"
            | "/api/revoke-password-link"
            | "/api/disable-user"
            | "/api/enable-user"
            | "/api/unlock-user",
        ) => StatusCode::NOT_FOUND,
        (
            "POST",
            "/api/sign-in"
            | "/api/change-password"
            | "/api/confirm-identity"
            | "/api/add-user"
            | "/api/acknowledge-alarm",
        ) => StatusCode::UNPROCESSABLE_ENTITY,
        ("POST", _) => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    }
}

async fn ask(actor: &Actor<'_>, endpoint: &Endpoint, accept: &str) -> StatusCode {
    let path = endpoint.path.replace("{*file}", "x.js").replace(['{', '}'], "");
    let content_type = endpoint.takes.content_type().unwrap_or("application/json");
    let is_json = content_type == "application/json" && endpoint.verb.method() == Method::POST;
    let body = if is_json { Body::from("{}") } else { Body::empty() };
    let request = actor.request(endpoint.verb.method(), &path, accept).header(header::CONTENT_TYPE, content_type);
    actor.app.send(request.body(body).unwrap()).await.status
}

#[tokio::test]
async fn each_entry_answers_each_actor_as_the_registry_says() {
    let app = TestApp::start().await;
    let accept = |method: &Method| if *method == Method::GET { "text/html" } else { "application/json" };
    for endpoint in REGISTRY {
        let (method, pattern) = (endpoint.verb.method(), endpoint.path);
        let anonymous = match endpoint.permission {
            Permission::Public => when_allowed(&method, pattern),
            _ if pattern == "/events" => StatusCode::NO_CONTENT,
            _ if method == Method::GET => StatusCode::SEE_OTHER,
            _ => StatusCode::UNAUTHORIZED,
        };
        let answer = ask(&app.anonymous(), endpoint, accept(&method)).await;
        assert_eq!(answer, anonymous, "anonymous {method} {pattern}");
    }
    for &role in Role::VARIANTS {
        let mut actor = app.actor(role).await;
        for endpoint in REGISTRY {
            let (method, pattern) = (endpoint.verb.method(), endpoint.path);
            let is_allowed = role.may(endpoint.permission);
            let expected = if is_allowed { when_allowed(&method, pattern) } else { StatusCode::FORBIDDEN };
            let answer = ask(&actor, endpoint, accept(&method)).await;
            assert_eq!(answer, expected, "{role} {method} {pattern}");
            if pattern == "/api/sign-out" {
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
async fn every_page_is_complete_and_starts_the_islands_once() {
    let app = TestApp::start().await;
    let administrator = app.actor(Role::Admin).await;
    for route in ROUTES.iter() {
        let path = route.path().replace(['{', '}'], "");
        let page = administrator.get(&path).await.body;
        assert_eq!(page.matches("<script type=\"module\"").count(), 1, "{path}: {page}");
        assert_eq!(page.matches("<h1").count(), 1, "{path}: {page}");
    }
}

#[tokio::test]
async fn refusals_keep_the_bar_of_people_who_are_signed_in() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    for (path, status, title) in [
        ("/settings/users", StatusCode::FORBIDDEN, "Not permitted"),
        ("/streams/111122223333/eu-west-1/orders-prod/disable", StatusCode::FORBIDDEN, "Not permitted"),
        ("/nowhere", StatusCode::NOT_FOUND, "Not found"),
        ("/changes/none", StatusCode::NOT_FOUND, "Not found"),
    ] {
        let page = viewer.get(path).await;
        assert_eq!(page.status, status, "{path}");
        for part in [format!("<h1>{title}<").as_str(), "href=\"/changes\"", "action=\"/api/sign-out\"", ">viewer<"] {
            assert!(page.body.contains(part), "{path}: {part}: {}", page.body);
        }
        assert_eq!(page.body.matches("<header").count(), 1, "{path}: {}", page.body);
    }
    // Strangers have none.
    let page = app.anonymous().get("/setup/none").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(!page.body.contains("<header") && !page.body.contains("/api/sign-out"), "{}", page.body);
}
