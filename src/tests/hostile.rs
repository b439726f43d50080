//! Requests that nobody sends by accident, as tables: other sites' forms, paths in disguise, redirects that lead away,
//! broken HTTP, texts that want to be scripts. None of them reaches AWS.

use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Method, Request, StatusCode, header},
};
use leptos::server_fn::axum::server_fn_paths;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    edge::assert_headers,
    support::{ACCOUNT, Actor, Answer, ORIGIN, PASSWORD, REGION, TestApp, borrowed, until, with},
};
use crate::{
    model::{
        access::{
            credentials::UserName,
            identity::{Permission, Role},
        },
        time::SECOND_MS,
    },
    server::web::{endpoints::REGISTRY, listen::Bounds},
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
    let answers = futures_util::future::join_all((0..2_500).map(|_| viewer.get("/livez"))).await;
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS).collect();
    assert!(!refused.is_empty(), "2,500 at once are too many");
    for answer in refused {
        assert_headers(answer, "429");
    }
}

#[tokio::test]
async fn paths_in_disguise_lead_nowhere() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let viewer = app.actor(Role::Viewer).await;
    let administrator = app.actor(Role::Admin).await;
    let fields = operator.confirmation("orders-prod").await;
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    for path in [
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
    ] {
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
    for path in [
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
    ] {
        // Asked by somebody who may everything: none of them is another name of a page.
        let answer = administrator.get(path).await;
        assert!(matches!(answer.status.as_u16(), 400 | 404), "{path}: {}", answer.status);
        let stranger = app.anonymous().get(path).await;
        assert!(matches!(stranger.status.as_u16(), 303 | 400 | 404), "{path}: {}", stranger.status);
    }
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
}

#[tokio::test]
async fn nothing_leads_away_from_this_site() {
    let app = TestApp::start().await;
    let payloads = [
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
    for payload in payloads {
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

/// What a connection is answered to these bytes, to its end.
async fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A server that has heard enough closes while the rest is still being written.
    let _ = stream.write_all(bytes).await;
    let mut said = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut said)).await;
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn broken_http_is_refused_and_nothing_is_smuggled_behind_it() {
    let app = TestApp::start().await;
    let cookie = app.actor(Role::Admin).await.cookie.unwrap();
    let (address, _) = app.listen(Bounds { head_timeout: Duration::from_secs(2), ..Bounds::default() }).await;
    let smuggled = format!(
        "POST /api/end-other-sessions HTTP/1.1\r\nhost: 127.0.0.1:3000\r\norigin: {ORIGIN}\r\ncookie: \
        {cookie}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 0\r\n\r\n"
    );
    let host = "host: 127.0.0.1:3000\r\n";
    let post = format!("POST /csp-report HTTP/1.1\r\n{host}");
    let header_lines = |count: usize| (0..count).map(|number| format!("x-{number}: y\r\n")).collect::<String>();
    for (what, bytes) in [
        ("two lengths", format!("{post}content-length: 0\r\ncontent-length: 5\r\n\r\n{smuggled}")),
        ("a length that is none", format!("{post}content-length: +5\r\n\r\n12345{smuggled}")),
        ("a negative length", format!("{post}content-length: -1\r\n\r\n{smuggled}")),
        ("chunks of no number", format!("{post}transfer-encoding: chunked\r\n\r\nzz\r\n{smuggled}")),
        ("chunks that are not last", format!("{post}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n{smuggled}")),
        ("a folded header", format!("GET /livez HTTP/1.1\r\n{host}x: a\r\n b\r\n\r\n")),
        ("space before the colon", format!("GET /livez HTTP/1.1\r\n{host}x : a\r\n\r\n")),
        ("a bare control character", format!("GET /livez HTTP/1.1\r\n{host}x: a\u{1}b\r\n\r\n")),
        ("no version", format!("GET /livez\r\n{host}\r\n")),
        ("a version of the future", format!("GET /livez HTTP/9.9\r\n{host}\r\n")),
        ("too many headers", format!("GET /livez HTTP/1.1\r\n{host}{}\r\n", header_lines(300))),
        ("a null in the path", format!("GET /livez\0 HTTP/1.1\r\n{host}\r\n")),
        ("no request at all", "\x16\x03\x01\x02\x00\x01\x00\x01\u{fc}\x03\x03".to_owned()),
    ] {
        let said = raw(address, bytes.as_bytes()).await;
        let status = said.split(' ').nth(1).unwrap_or_default();
        assert!(said.is_empty() || status.starts_with('4') || status.starts_with('5'), "{what}: {said}");
        assert!(said.matches("HTTP/1.1 ").count() <= 1, "{what}: a second answer: {said}");
    }
    // Both ways of saying how long a body is: the chunks count, and the connection ends.
    let both = format!(
        "{post}content-length: 4\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n{smuggled}"
    );
    let said = raw(address, both.as_bytes()).await;
    assert!(said.matches("HTTP/1.1 ").count() <= 1, "{said}");
    // Two hosts, and a host in the request line that is another one.
    for (what, bytes) in [
        ("two hosts", format!("GET /streams HTTP/1.1\r\n{host}host: evil.example\r\nconnection: close\r\n\r\n")),
        (
            "two hosts the other way round",
            format!("GET /streams HTTP/1.1\r\nhost: evil.example\r\n{host}connection: close\r\n\r\n"),
        ),
        ("no host", "GET /streams HTTP/1.1\r\nconnection: close\r\n\r\n".to_owned()),
        (
            "another host in the line",
            format!("GET http://evil.example/streams HTTP/1.1\r\n{host}connection: close\r\n\r\n"),
        ),
        ("the old protocol", "GET /streams HTTP/1.0\r\n\r\n".to_owned()),
    ] {
        let said = raw(address, bytes.as_bytes()).await;
        let status = said.split(' ').nth(1).unwrap_or_default();
        assert!(matches!(status, "400" | "421"), "{what}: {said}");
    }
    assert!(
        app.store.audit_rows(0, 100).await.unwrap().iter().all(|row| row.event.action.name() == "session.signed-in")
    );
}

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
        let user = [("user_name", script), ("role", script), ("scope", script), ("password", PASSWORD)];
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
        let by_wasm = operator.json("/api/list-streams", json!({"query": [], "is_refresh": true})).await;
        assert_eq!(by_wasm.header("content-type"), "application/json");
        app.control(
            "streams",
            json!({"account": ACCOUNT, "region": REGION, "name": "orders-prod", "key": "alias/orders", "status": "ACTIVE"}),
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
