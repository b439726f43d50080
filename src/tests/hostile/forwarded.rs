//! Addresses that clients forge behind a proxy, and the forms in which proxies write them.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};

use crate::tests::support::{Actor, Answer, PASSWORD, Setup, TestApp};

const FORM: &str = "application/x-www-form-urlencoded";

/// Behind a proxy, in a network of which every address is trusted.
async fn behind_a_proxy() -> TestApp {
    TestApp::with(Setup { trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()], ..Setup::default() }).await
}

/// Sends something to the sign-in through the proxy.
async fn send(app: &TestApp, forwarded: &[&str], content_type: &str, body: String) -> Answer {
    let proxy = Actor { address: [10, 0, 0, 1], ..app.anonymous() };
    let mut request = proxy.request(Method::POST, "/api/sign-in", "text/html");
    for line in forwarded {
        request = request.header("x-forwarded-for", *line);
    }
    let request = request.header(header::CONTENT_TYPE, content_type).header(header::CONTENT_LENGTH, body.len());
    app.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn the_audit_chain_has_the_address_that_the_proxy_saw() {
    let app = behind_a_proxy().await;
    let cases: [(&[&str], &str); 6] = [
        (&["203.0.113.9"], "203.0.113.9"),
        (&["1.2.3.4, 203.0.113.9:4711"], "203.0.113.9"),
        (&["1.2.3.4", "\"[2001:db8::7]:4711\""], "2001:db8::7"),
        (&["1.2.3.4, 10.0.0.7"], "10.0.0.7"),
        (&["1.2.3.4, unknown"], "10.0.0.1"),
        (&[], "10.0.0.1"),
    ];
    let form = [("user_name", "viewer"), ("password", PASSWORD)];
    for (forwarded, _) in cases {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        assert_eq!(send(&app, forwarded, FORM, body).await.status, StatusCode::SEE_OTHER, "{forwarded:?}");
    }
    let rows = app.store.audit_rows(0, 100).await.unwrap();
    let signed_in = rows.iter().filter(|row| row.event.action.name() == "session.signed-in");
    let addresses: Vec<&str> = signed_in.map(|row| row.event.address.as_str()).collect();
    assert_eq!(addresses, cases.map(|(_, expected)| expected));
}

#[tokio::test]
async fn whoever_forges_addresses_has_one_limit_and_others_have_their_own() {
    let app = behind_a_proxy().await;
    // Refused for its type before a password costs anything.
    let attempt = |forwarded: String| {
        let app = &app;
        async move { send(app, &[&forwarded], "text/plain", String::new()).await.status }
    };
    let mut statuses = Vec::new();
    for number in 0..2_000 {
        statuses.push(attempt(format!("10.{}.{}.1, 10.0.0.7:{number}", number % 250, number / 250)).await);
        if statuses.last() == Some(&StatusCode::TOO_MANY_REQUESTS) {
            break;
        }
    }
    assert_eq!(statuses.pop(), Some(StatusCode::TOO_MANY_REQUESTS), "after {} attempts", statuses.len());
    assert!(statuses.iter().all(|status| *status == StatusCode::UNSUPPORTED_MEDIA_TYPE), "{statuses:?}");
    for other in ["10.1.0.7:4711", "[2001:db8::7]:4711"] {
        assert_eq!(attempt(other.to_owned()).await, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{other}");
    }
}
