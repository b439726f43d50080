//! The security headers of every answer.

use std::collections::BTreeSet;

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};

use crate::{
    model::access::identity::{Permission, Role},
    server::web::endpoints::REGISTRY,
    tests::{
        edge::assert_headers,
        support::{Answer, TestApp},
    },
};

#[tokio::test]
async fn headers_stand_on_every_answer_of_every_entry() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    let mut statuses = BTreeSet::new();
    let mut look = |answer: &Answer, what: &str| {
        assert_headers(answer, what);
        let has_body = !answer.body.is_empty() && answer.status != StatusCode::NO_CONTENT;
        let kind = answer.header("content-type");
        assert!(!has_body || !kind.is_empty(), "{what}: a body without a type");
        assert!(!kind.starts_with("text/html") || kind.ends_with("charset=utf-8"), "{what}: {kind}");
        for secret in ["panicked", "src/", "SELECT ", "sqlx", "/root", "keystream.db"] {
            assert!(!answer.body.contains(secret), "{what} tells {secret}: {}", answer.body);
        }
        statuses.insert(answer.status.as_u16());
    };
    for endpoint in REGISTRY {
        let (path, method) = (endpoint.path.replace("{*file}", "x.js").replace(['{', '}'], ""), endpoint.verb.method());
        let content_type = endpoint.takes.content_type().unwrap_or("application/json");
        for accept in ["text/html", "application/json"] {
            for actor in [&app.anonymous(), &viewer] {
                if endpoint.path == "/api/sign-out" {
                    continue;
                }
                let plain = actor.request(method.clone(), &path, accept).body(Body::empty()).unwrap();
                look(&app.send(plain).await, &format!("{method} {path}"));
                let typed = actor.request(method.clone(), &path, accept).header(header::CONTENT_TYPE, content_type);
                look(
                    &app.send(typed.body(Body::from("{")).unwrap()).await,
                    &format!("{method} {path} with a broken body"),
                );
                let other = if method == Method::GET { Method::PUT } else { Method::GET };
                look(
                    &app.send(actor.request(other.clone(), &path, accept).body(Body::empty()).unwrap()).await,
                    &format!("{other} {path}"),
                );
            }
        }
        let elsewhere = Request::builder()
            .method(&method)
            .uri(&path)
            .header(header::HOST, "evil.example")
            .body(Body::empty())
            .unwrap();
        look(&app.send(elsewhere).await, &format!("{method} {path} at another host"));
        if method == Method::POST && endpoint.permission != Permission::Public {
            let large = viewer.request(method.clone(), &path, "text/html").header(header::CONTENT_LENGTH, 70_000);
            look(&app.send(large.body(Body::from("x".repeat(70_000))).unwrap()).await, &format!("{path} too large"));
        }
    }
    look(&app.anonymous().call("/api/sign-out", &[]).await, "sign-out");
    look(&viewer.get("/audit/export?format=xml").await, "a format that there is none of");
    let expected = [200, 204, 303, 400, 401, 403, 404, 405, 413, 415, 421, 422];
    assert!(expected.iter().all(|status| statuses.contains(status)), "{statuses:?}");
}

#[tokio::test]
async fn an_overload_and_a_flood_carry_the_headers_too() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    let all = app.take_all_places().await;
    assert_headers(&viewer.get("/streams").await, "503");
    drop(all);
    let answers = futures_util::future::join_all((0..400).map(|_| viewer.get("/auth/oidc/start"))).await;
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS).collect();
    assert!(!refused.is_empty(), "400 at once are too many");
    for answer in refused {
        assert_headers(answer, "429");
    }
}
