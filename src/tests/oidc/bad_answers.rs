//! Bad answers, and browsers that come back wrong: each ends at sign-in with one sentence, one audit event and no
//! session.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use serde_json::json;

use super::{
    come_back, company,
    provider::{DISCOVERY, Fault},
};

const STALE: &str = "sign-in-stale";
const DOWN: &str = "provider-down";

#[tokio::test]
async fn a_state_counts_once_for_the_browser_that_began_and_for_ten_minutes() {
    let company = company().await;
    let browser = company.app.anonymous();
    let begin = || async {
        let begun = browser.get("/auth/oidc/start").await;
        (company.provider.authorize(begun.location()), begun.cookie())
    };
    let (callback, cookie) = begin().await;
    let answer = come_back(&company.app, &cookie, &callback).await;
    assert_eq!(answer.location(), "/streams");
    let used = [
        (callback.clone(), cookie.clone(), "unknown, or was used before"),
        (callback.split_once("&state=").unwrap().0.to_owned(), cookie.clone(), "no state"),
        (format!("{callback}&state=x"), cookie, "no state"),
    ];
    for (callback, cookie, reason) in used {
        let rows = company.rows().await.len();
        let answer = come_back(&company.app, &cookie, &callback).await;
        company.assert_failed(&answer, STALE, reason, rows).await;
    }
    let (of_another, _) = begin().await;
    let (_, own) = begin().await;
    for (callback, cookies) in [(of_another, own), (begin().await.0, "x=y".to_owned())] {
        let rows = company.rows().await.len();
        let answer = come_back(&company.app, &cookies, &callback).await;
        company.assert_failed(&answer, STALE, "another browser", rows).await;
        // And the state is gone.
        let answer = come_back(&company.app, &cookies, &callback).await;
        company.assert_failed(&answer, STALE, "used before", rows + 1).await;
    }
    let (callback, cookie) = begin().await;
    company.app.clock.advance(10 * 60_000);
    let rows = company.rows().await.len();
    let answer = come_back(&company.app, &cookie, &callback).await;
    company.assert_failed(&answer, STALE, "more than 10 minutes", rows).await;
}

#[tokio::test]
async fn windows_of_one_browser_may_sign_in_beside_each_other() {
    let company = company().await;
    let browser = company.app.anonymous();
    let first = browser.get("/auth/oidc/start").await;
    let begun = super::Actor { cookie: Some(first.cookie()), ..browser.clone() };
    let second = begun.get("/auth/oidc/start").await;
    assert_eq!(first.cookie(), second.cookie());
    for begun in [first, second] {
        let callback = company.provider.authorize(begun.location());
        assert_eq!(come_back(&company.app, &begun.cookie(), &callback).await.location(), "/streams");
    }
}

/// What is done to the address that leads back.
type Spoil<'a> = &'a dyn Fn(&str) -> String;

#[tokio::test]
async fn codes_issuers_and_errors_of_the_answer() {
    let company = company().await;
    let browser = company.app.anonymous();
    let first = browser.get("/auth/oidc/start").await;
    let used = company.provider.authorize(first.location());
    come_back(&company.app, &first.cookie(), &used).await;
    let used_code = used.split(['=', '&']).nth(1).unwrap().to_owned();
    let refused = "provider-refused";
    let invalid = "provider-answer-invalid";
    let cases: [(Spoil, &str, &str); 8] = [
        (&|callback| callback.replacen("code=code", "code=never-issued", 1), refused, "invalid_grant"),
        (&|callback| with_code(callback, &used_code), refused, "invalid_grant"),
        (&|callback| callback.split("&iss=").next().unwrap().to_owned(), invalid, "names no issuer"),
        (&|callback| callback.replace("&iss=http", "&iss=https"), invalid, "of another issuer"),
        (&|callback| callback.replacen("code=", "none=", 1), invalid, "no code"),
        (&|callback| callback.replacen("code=", "error=access_denied&x=", 1), refused, "access_denied"),
        (&|callback| callback.replacen("code=", "error=login_required&x=", 1), "sign-in-again", "login_required"),
        (&|callback| callback.replacen("code=", "error=%3Cb%3E%0A&x=", 1), refused, "<b>"),
    ];
    for (spoil, problem, reason) in cases {
        let begun = browser.get("/auth/oidc/start").await;
        let callback = spoil(&company.provider.authorize(begun.location()));
        let rows = company.rows().await.len();
        let answer = come_back(&company.app, &begun.cookie(), &callback).await;
        company.assert_failed(&answer, problem, reason, rows).await;
    }
}

fn with_code(callback: &str, code: &str) -> String {
    let (_, rest) = callback.split_once("&state=").unwrap();
    format!("/auth/oidc/callback?code={code}&state={rest}")
}

#[tokio::test]
async fn a_provider_that_answers_nonsense_at_the_token() {
    let company = company().await;
    for (fault, problem, reason) in [
        (Fault::Status(500), DOWN, "answered 500"),
        (Fault::Html(200), DOWN, "answered 200 OK with text/html instead of JSON"),
        (Fault::Large, DOWN, "larger than 1 MiB"),
        (Fault::Redirect, DOWN, "answered 302"),
        (Fault::Hang, DOWN, "did not answer within 5 s"),
        (Fault::Json(json!({"id_token": null})), "provider-answer-invalid", "no ID token"),
        (Fault::Json(json!({"id_token": "a.b.c"})), "provider-answer-invalid", "no usable ID token"),
        (Fault::Json(json!({"id_token": 7})), "provider-answer-invalid", "no usable ID token"),
        (Fault::Json(json!({"token_type": null})), "provider-answer-invalid", "no usable ID token"),
    ] {
        company.provider.fault("/token", fault);
        let rows = company.rows().await.len();
        let answer = company.go(&company.app.anonymous(), "/auth/oidc/start").await;
        company.assert_failed(&answer, problem, reason, rows).await;
    }
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_is_said_on_the_page_and_readiness_stays() {
    let company = company().await;
    let evil = "https://evil.example";
    for (path, fault, reason) in [
        (DISCOVERY, Fault::Status(500), "answered 500"),
        (DISCOVERY, Fault::Status(404), "answered 404"),
        (DISCOVERY, Fault::Html(200), "with text/html instead of JSON"),
        (DISCOVERY, Fault::Large, "larger than 1 MiB"),
        (DISCOVERY, Fault::Redirect, "answered 302"),
        (DISCOVERY, Fault::Hang, "did not answer within 5 s"),
        (DISCOVERY, Fault::Json(json!({"issuer": evil})), "calls itself https://evil.example"),
        (DISCOVERY, Fault::Json(json!({"jwks_uri": null})), "isn't what OpenID Connect says"),
        (DISCOVERY, Fault::Json(json!({"token_endpoint": "ftp://evil.example"})), "without https"),
        ("/jwks", Fault::Json(json!({"keys": 7})), "isn't what OpenID Connect says"),
    ] {
        company.provider.script.lock().faults = [(path, fault)].into();
        // After a failure, the provider is left alone for 5 s.
        company.app.clock.advance(6_000);
        let rows = company.rows().await.len();
        let answer = company.app.anonymous().get("/auth/oidc/start?next=%2Fkeys").await;
        company.assert_failed(&answer, DOWN, reason, rows).await;
        let asked = company.provider.calls(DISCOVERY);
        company.app.anonymous().get("/auth/oidc/start").await;
        assert_eq!(company.provider.calls(DISCOVERY), asked, "{reason}");
    }
    assert_eq!(company.app.anonymous().get("/readyz").await.status, StatusCode::OK);
    company.provider.script.lock().faults.clear();
    company.app.clock.advance(6_000);
    company.signed_in().await;
}

#[tokio::test]
async fn another_site_cannot_begin_a_sign_in() {
    let company = company().await;
    for (name, value) in
        [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example")]
    {
        let mut request = company.app.anonymous().request(Method::GET, "/auth/oidc/start?next=%2Fkeys", "text/html");
        let headers = request.headers_mut().unwrap();
        headers.remove(header::ORIGIN);
        headers.insert(name, value.parse().unwrap());
        let rows = company.rows().await.len();
        let answer = company.app.send(request.body(Body::empty()).unwrap()).await;
        company.assert_failed(&answer, "sign-in-elsewhere", "another site asked for it", rows).await;
    }
    assert_eq!(company.provider.calls(DISCOVERY), 0);
}

#[tokio::test]
async fn one_network_cannot_begin_any_number_of_sign_ins() {
    let company = company().await;
    let browser = company.app.anonymous();
    // Images on another site's page use up nothing.
    for _ in 0..400 {
        let mut image = browser.request(Method::GET, "/auth/oidc/start", "image/*");
        let headers = image.headers_mut().unwrap();
        for (name, value) in [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")] {
            headers.insert(name, value.parse().unwrap());
        }
        let answer = company.app.send(image.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.body);
    }
    let rows = company.rows().await.len();
    let mut refused = None;
    for _ in 0..2_000 {
        let answer = browser.get("/auth/oidc/callback?state=x").await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(answer);
            break;
        }
    }
    assert!(refused.is_some_and(|answer| answer.headers.contains_key(header::RETRY_AFTER)));
    let recorded = company.rows().await.len() - rows;
    assert!((1..100).contains(&recorded), "{recorded} rows of strangers");
    let elsewhere = super::Actor { address: [203, 0, 113, 9], ..browser };
    assert_eq!(elsewhere.get("/auth/oidc/start").await.status, StatusCode::SEE_OTHER);
}
