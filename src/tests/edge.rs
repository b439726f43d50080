//! The layers in front of the handlers: headers on every response, other origins and hosts refused, sizes and types
//! limited.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use leptos::server_fn::axum::server_fn_paths;

use super::support::{Answer, ORIGIN, PASSWORD, Setup, TestApp};
use crate::model::access::identity::Role;

pub fn assert_headers(answer: &Answer, what: &str) {
    let policy = answer.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "'strict-dynamic'",
        "'wasm-unsafe-eval'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
        "form-action 'self'",
        "report-uri /csp-report",
        "script-src 'nonce-",
    ] {
        assert!(policy.contains(part), "{what}: {part} is missing in {policy}");
    }
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{what}: {policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-embedder-policy", "require-corp"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), value, "{what}: {name}");
    }
    assert!(answer.header("permissions-policy").contains("camera=()"), "{what}");
    assert!(!answer.header("cache-control").is_empty(), "{what}");
    assert!(!answer.headers.contains_key("server"), "{what}");
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    for path in [
        "/",
        "/streams",
        "/changes",
        "/changes/none",
        "/help",
        "/nowhere",
        "/events?after=0",
        "/livez",
        "/readyz",
        "/pkg/none.js",
        "/favicon.svg",
        "/streams/111122223333/eu-west-1/none/disable",
    ] {
        assert_headers(&viewer.get(path).await, path);
    }
    for path in ["/sign-in", "/setup/none", "/streams"] {
        assert_headers(&app.anonymous().get(path).await, path);
    }
    assert_headers(&app.anonymous().call("/api/disable", &[]).await, "401");
    let elsewhere = Request::get("/streams").header(header::HOST, "evil.example").body(Body::empty()).unwrap();
    assert_headers(&app.send(elsewhere).await, "421");
}

#[tokio::test]
async fn hsts_is_sent_on_https_only_and_cookies_follow() {
    let plain = TestApp::start().await;
    let answer = plain.anonymous().post("/api/sign-in", &[("user_name", "viewer"), ("password", PASSWORD)]).await;
    assert_eq!(answer.header("strict-transport-security"), "");
    assert!(answer.header("content-security-policy").ends_with("object-src 'none'; report-uri /csp-report"));
    let cookie = answer.header("set-cookie");
    assert!(
        cookie.starts_with("keystream-3000=")
            && cookie.contains("HttpOnly")
            && cookie.contains("SameSite=Lax")
            && cookie.contains("Path=/"),
        "{cookie}"
    );
    assert!(!cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");

    let secure = TestApp::with(Setup { public_url: Some("https://keystream.example"), ..Setup::default() }).await;
    let answer = secure.anonymous().post("/api/sign-in", &[("user_name", "viewer"), ("password", PASSWORD)]).await;
    assert_eq!(answer.header("strict-transport-security"), "max-age=63072000; includeSubDomains");
    assert!(answer.header("content-security-policy").ends_with("; report-to csp; report-uri /csp-report"));
    assert_eq!(answer.header("reporting-endpoints"), "csp=\"/csp-report\"");
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-keystream=") && cookie.contains("Secure"), "{cookie}");
    let viewer = secure.actor(Role::Viewer).await;
    let removal = viewer.post("/api/sign-out", &[]).await;
    let cookie = removal.header("set-cookie");
    assert!(
        cookie.starts_with("__Host-keystream=;") && cookie.contains("Max-Age=0") && cookie.contains("Secure"),
        "browsers ignore it otherwise: {cookie}"
    );
}

#[tokio::test]
async fn no_server_function_takes_another_sites_request() {
    let app = TestApp::start().await;
    let operator = app.actor(Role::Operator).await;
    for (path, method) in server_fn_paths() {
        assert_eq!(method, Method::POST, "{path} changes nothing by GET because it has none");
        for (origin, fetch_site) in [
            (None, None),
            (Some("https://evil.example"), None),
            (Some("null"), None),
            (None, Some("cross-site")),
            (None, Some("same-site")),
            (Some(ORIGIN), Some("cross-site")),
        ] {
            let mut request = Request::post(path)
                .header(header::HOST, "127.0.0.1:3000")
                .header(header::ACCEPT, "text/html")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::COOKIE, operator.cookie.clone().unwrap());
            if let Some(origin) = origin {
                request = request.header(header::ORIGIN, origin);
            }
            if let Some(fetch_site) = fetch_site {
                request = request.header("sec-fetch-site", fetch_site);
            }
            let answer = app.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {origin:?} {fetch_site:?}");
            assert!(!answer.headers.contains_key("set-cookie"), "{path}");
        }
    }
    assert_eq!(operator.get("/streams").await.status, StatusCode::OK, "nobody was signed out");
}

#[tokio::test]
async fn another_sites_link_exports_nothing() {
    let app = TestApp::start().await;
    let admin = app.actor(Role::Admin).await;
    let export = |site: &'static str| {
        let path = "/audit/export?format=csv&action=nothing";
        let mut request = admin.request(Method::GET, path, "text/html").body(Body::empty()).unwrap();
        request.headers_mut().insert("sec-fetch-site", site.parse().unwrap());
        request.headers_mut().insert("sec-fetch-mode", "navigate".parse().unwrap());
        app.send(request)
    };
    for site in ["cross-site", "same-site"] {
        assert_eq!(export(site).await.status, StatusCode::FORBIDDEN, "{site}");
    }
    for site in ["same-origin", "none"] {
        assert_eq!(export(site).await.status, StatusCode::OK, "{site}");
    }
}

#[tokio::test]
async fn other_hosts_are_refused_and_loopbacks_other_names_sent_on() {
    let app = TestApp::start().await;
    let ask = |method: Method, host: &'static str, path: &'static str| {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, host)
            .header("sec-fetch-site", "same-origin");
        app.send(request.body(Body::empty()).unwrap())
    };
    let sent_on = ask(Method::GET, "localhost:3000", "/streams?q=a").await;
    assert_eq!(
        (sent_on.status, sent_on.location()),
        (StatusCode::PERMANENT_REDIRECT, "http://127.0.0.1:3000/streams?q=a")
    );
    assert_eq!(ask(Method::POST, "localhost:3000", "/api/sign-out").await.status, StatusCode::MISDIRECTED_REQUEST);
    let refused = ask(Method::GET, "evil.example", "/streams").await;
    assert_eq!(refused.status, StatusCode::MISDIRECTED_REQUEST);
    assert!(refused.body.contains("KEYSTREAM_PUBLIC_URL"), "{}", refused.body);
    for path in ["/livez", "/readyz"] {
        assert_eq!(ask(Method::GET, "10.0.0.7:3000", path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn sizes_types_and_methods_are_bounded() {
    let app = TestApp::start().await;
    let operator = app.actor(Role::Operator).await;
    let large = "x".repeat(64 * 1024 + 1);
    assert_eq!(operator.post("/api/disable", &[("reason", &large)]).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    for content_type in ["text/plain", "multipart/form-data; boundary=x", ""] {
        let request =
            operator.request(Method::POST, "/api/disable", "text/html").header(header::CONTENT_TYPE, content_type);
        let answer = app.send(request.body(Body::from("{\"account\":\"1\"}")).unwrap()).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{content_type}");
    }
    let request = operator.request(Method::DELETE, "/streams", "text/html").body(Body::empty()).unwrap();
    let other_method = app.send(request).await;
    assert_eq!((other_method.status, other_method.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD"));
    let report = Request::post("/csp-report")
        .header(header::HOST, "127.0.0.1:3000")
        .body(Body::from("x".repeat(9_000)))
        .unwrap();
    assert_eq!(app.send(report).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn hashed_files_are_kept_for_good_and_sent_as_they_were_compressed() {
    let site = tempfile::tempdir().unwrap();
    let pkg = site.path().join("pkg");
    std::fs::create_dir(&pkg).unwrap();
    for (name, content) in [
        ("boot.0123456789abcdef0123.js", "boot"),
        ("keystream.0123456789abcdef0123.js", "plain"),
        ("keystream.0123456789abcdef0123.js.br", "compressed"),
        ("keystream.0123456789abcdef0123.wasm", "\0asm"),
        ("keystream.css", "body{}"),
    ] {
        std::fs::write(pkg.join(name), content).unwrap();
    }
    std::fs::write(site.path().join("favicon.svg"), "<svg/>").unwrap();
    let app = TestApp::with(Setup { site: Some(site.path().to_owned()), ..Setup::default() }).await;
    let page = app.anonymous().get("/sign-in").await.body;
    for file in ["boot.0123456789abcdef0123.js", "keystream.0123456789abcdef0123.js", "keystream.css"] {
        assert!(page.contains(&format!("\"/pkg/{file}\"")), "{page}");
    }
    let get = |path: &'static str, encoding: &'static str| {
        let request = app.anonymous().request(Method::GET, path, "*/*").header(header::ACCEPT_ENCODING, encoding);
        app.send(request.body(Body::empty()).unwrap())
    };
    let script = get("/pkg/keystream.0123456789abcdef0123.js", "br").await;
    assert_eq!((script.header("content-encoding"), script.body.as_str()), ("br", "compressed"));
    assert_eq!(script.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
    let wasm = get("/pkg/keystream.0123456789abcdef0123.wasm", "identity").await;
    assert_eq!((wasm.header("content-type"), wasm.header("content-encoding")), ("application/wasm", ""));
    assert_eq!(
        get("/pkg/keystream.css", "identity").await.header("cache-control"),
        "no-cache",
        "its name would stay the same"
    );
    assert_eq!(get("/favicon.svg", "identity").await.header("content-type"), "image/svg+xml");
    for path in ["/pkg/../favicon.svg", "/pkg/%2e%2e/%2e%2e/etc/passwd", "/pkg/.git/config", "/pkg/"] {
        let answer = get(path, "identity").await;
        assert!(!answer.status.is_success() && !answer.body.contains("root:"), "{path}: {}", answer.status);
    }
}

#[tokio::test]
async fn a_damaged_form_is_a_page_and_no_error_travels_in_an_address() {
    let app = TestApp::start().await;
    let operator = app.actor(Role::Operator).await;
    let request = operator
        .request(Method::POST, "/api/disable", "text/html")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::REFERER, format!("{ORIGIN}/streams"));
    // The same field twice.
    let answer = app.send(request.body(Body::from("name=a&name=b")).unwrap()).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::BAD_REQUEST, ""), "{}", answer.body);
    assert!(answer.body.contains("Nothing was sent."), "{}", answer.body);
}

#[tokio::test]
async fn pages_are_compressed_as_the_browser_accepts_it() {
    let app = TestApp::start().await;
    for (accepted, encoding) in [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("identity", ""), ("br;q=0", "")] {
        let request = app.anonymous().request(Method::GET, "/sign-in", "text/html");
        let request = request.header(header::ACCEPT_ENCODING, accepted).body(Body::empty()).unwrap();
        let page = app.send(request).await;
        assert_eq!((page.status, page.header("content-encoding")), (StatusCode::OK, encoding), "{accepted}");
        assert!(page.headers.get_all("vary").iter().any(|name| name == "accept-encoding"), "{accepted}");
    }
}
