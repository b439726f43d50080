//! The id of a request: on each answer, in each error that a person reads, and a trusted proxy's own where it has one.

use std::{collections::BTreeSet, net::SocketAddr};

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Method, StatusCode},
};

use super::support::{Setup, TestApp};
use crate::model::access::identity::Role;

#[tokio::test]
async fn every_answer_has_an_id_of_its_own() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    let mut ids = BTreeSet::new();
    let paths = ["/streams", "/nowhere", "/settings/users", "/livez", "/pkg/none.js", "/events?after=0"];
    for path in paths {
        for actor in [&app.anonymous(), &viewer] {
            let id = actor.get(path).await.header("x-request-id").to_owned();
            assert_eq!(id.len(), 16, "{path}: {id}");
            ids.insert(id);
        }
    }
    assert_eq!(ids.len(), 2 * paths.len(), "{ids:?}");
}

#[tokio::test]
async fn every_error_page_says_which_request_it_was() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    for (path, status) in [
        ("/nowhere", StatusCode::NOT_FOUND),
        ("/streams/111122223333/eu-west-1/none", StatusCode::NOT_FOUND),
        ("/changes/none", StatusCode::NOT_FOUND),
        ("/keys/none", StatusCode::NOT_FOUND),
        ("/settings/users", StatusCode::FORBIDDEN),
        ("/audit/export?format=none", StatusCode::BAD_REQUEST),
    ] {
        let page = viewer.get(path).await;
        assert_eq!(page.status, status, "{path}");
        let line = format!("<p class=\"reference\">Reference: {}</p>", page.header("x-request-id"));
        let body = page.body.replace("<!>", "");
        assert_eq!(body.matches(&line).count(), 1, "{path}: {body}");
        assert!(page.body.contains("<section class=\"refusal\">"), "{path}: {}", page.body);
    }
}

#[tokio::test]
async fn only_a_trusted_proxy_brings_an_id() {
    let id = "7f6c2f0e-3a3b-4f0e-9d55-0242ac130003";
    let setup = Setup { trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()], ..Setup::default() };
    let app = TestApp::with(setup).await;
    let ask = async |peer: [u8; 4], id: &str| {
        let request = app.anonymous().request(Method::GET, "/nowhere", "text/html").header("x-request-id", id);
        let request = request.extension(ConnectInfo(SocketAddr::from((peer, 50_000))));
        let answer = app.send(request.body(Body::empty()).unwrap()).await;
        answer.header("x-request-id").to_owned()
    };
    assert_eq!(ask([10, 0, 0, 1], id).await, id);
    for (peer, id) in
        [([203, 0, 113, 9], id), ([127, 0, 0, 1], id), ([10, 0, 0, 1], "short"), ([10, 0, 0, 1], "a b c d e f")]
    {
        let made = ask(peer, id).await;
        assert!(made != id && made.len() == 16, "{peer:?} {id}: {made}");
    }
}
