//! Forms and links of other sites.

use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode, header},
};
use leptos::server_fn::axum::server_fn_paths;

use crate::{
    model::access::identity::Role,
    tests::support::{ORIGIN, TestApp},
};

/// What browsers send with a form of another site, or with one of their own, as far as it was tampered with.
const FOREIGN: [(Option<&str>, Option<&str>); 14] = [
    (None, None),
    (None, Some("")),
    (None, Some("none")),
    (None, Some("same-site")),
    (None, Some("cross-site")),
    (None, Some("Same-Origin")),
    (Some("null"), None),
    (Some("null"), Some("same-origin")),
    (Some("https://evil.example"), None),
    (Some("https://evil.example"), Some("same-origin")),
    (Some("https://127.0.0.1:3000"), None),
    (Some("http://127.0.0.1:3001"), Some("same-site")),
    (Some("http://127.0.0.1:3000.evil.example"), None),
    (Some(ORIGIN), Some("cross-site")),
];

/// The kinds of bodies that a form of another site can send without being asked first, and one that it cannot.
const BODIES: [(&str, &str); 4] = [
    (
        "application/x-www-form-urlencoded",
        "account=111122223333&region=eu-west-1&name=orders-prod&typed_name=orders-prod&reason=x",
    ),
    ("text/plain", "{\"account\":\"111122223333\",\"region\":\"eu-west-1\",\"name\":\"orders-prod\",\"x\":\"=\"}"),
    (
        "multipart/form-data; boundary=b",
        "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\norders-prod\r\n--b--\r\n",
    ),
    ("application/json", "{\"account\":\"111122223333\",\"region\":\"eu-west-1\",\"name\":\"orders-prod\"}"),
];

#[tokio::test]
async fn no_form_of_another_site_reaches_any_server_function() {
    let app = TestApp::start().await;
    let administrator = app.actor(Role::Admin).await;
    let before = app.store.audit_rows(0, 1_000).await.unwrap().len();
    for (number, (path, _)) in server_fn_paths().enumerate() {
        // Each from a network of its own: how often one may try is another test's.
        let peer = SocketAddr::from(([10, 0, u8::try_from(number).unwrap(), 1], 50_000));
        for (origin, fetch_site) in FOREIGN {
            for (content_type, body) in BODIES {
                let mut request = Request::post(path)
                    .extension(ConnectInfo(peer))
                    .header(header::HOST, "127.0.0.1:3000")
                    .header(header::ACCEPT, "text/html")
                    .header(header::CONTENT_TYPE, content_type)
                    .header(header::COOKIE, administrator.cookie.clone().unwrap());
                for (name, value) in [("origin", origin), ("sec-fetch-site", fetch_site)] {
                    if let Some(value) = value {
                        request = request.header(name, value);
                    }
                }
                let answer = app.send(request.body(Body::from(body)).unwrap()).await;
                let what = format!("{path} {origin:?} {fetch_site:?} {content_type}");
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{what}");
                assert!(
                    !answer.headers.contains_key("set-cookie") && !answer.headers.contains_key("location"),
                    "{what}"
                );
            }
        }
    }
    assert_eq!(app.store.audit_rows(0, 1_000).await.unwrap().len(), before, "nothing was done, and no log filled");
    assert_eq!(administrator.get("/streams").await.status, StatusCode::OK);
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
}

#[tokio::test]
async fn other_sites_link_here_and_load_nothing() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    for (site, mode, dest, expected) in [
        ("cross-site", "navigate", "document", StatusCode::OK),
        ("same-site", "navigate", "document", StatusCode::OK),
        ("none", "navigate", "document", StatusCode::OK),
        ("same-origin", "cors", "empty", StatusCode::OK),
        ("cross-site", "navigate", "iframe", StatusCode::FORBIDDEN),
        ("same-site", "navigate", "object", StatusCode::FORBIDDEN),
        ("cross-site", "no-cors", "image", StatusCode::FORBIDDEN),
        ("cross-site", "no-cors", "script", StatusCode::FORBIDDEN),
        ("same-site", "cors", "empty", StatusCode::FORBIDDEN),
        ("cross-site", "websocket", "websocket", StatusCode::FORBIDDEN),
    ] {
        for path in ["/streams", "/audit", "/changes"] {
            let request = Request::get(path)
                .header(header::HOST, "127.0.0.1:3000")
                .header(header::ACCEPT, "text/html")
                .header(header::COOKIE, viewer.cookie.clone().unwrap())
                .header("sec-fetch-site", site)
                .header("sec-fetch-mode", mode)
                .header("sec-fetch-dest", dest);
            let answer = app.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, expected, "{path} {site} {mode} {dest}");
        }
    }
}
