//! Logouts that the provider announces by itself.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use serde_json::{Value, json};

use super::{Company, come_back, company, company_with, keys::Key};
use crate::{
    server::{
        adapters::clock::{Clock, SystemClock},
        web::listen::Bounds,
    },
    tests::{
        database::Kind,
        sessions::{ends, open},
        support::{Answer, Setup, TestApp},
    },
};

const PATH: &str = "/auth/oidc/backchannel-logout";

/// Sends a form as the provider's server does: from nowhere, without cookies.
async fn send(app: &TestApp, token: &str) -> Answer {
    let body = format!("logout_token={token}");
    let request = Request::builder()
        .method(Method::POST)
        .uri(PATH)
        .header(header::HOST, app.state.origin.host_header())
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::CONTENT_LENGTH, body.len());
    app.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn a_logout_ends_the_sessions_it_names_and_no_others() {
    for database in [Kind::Sqlite, Kind::Postgres] {
        let company = company_with(Setup { database, ..Setup::default() }).await;
        let local = company.app.actor(crate::model::access::identity::Role::Viewer).await;
        let mut sessions = Vec::new();
        for (sub, sid) in [("one", json!("a")), ("one", json!("b")), ("one", json!(null)), ("two", json!("c"))] {
            company.provider.claims(json!({"sub": sub, "preferred_username": sub, "sid": sid}));
            sessions.push(company.signed_in().await);
        }
        let are_live = || async {
            let mut live = Vec::new();
            for session in &sessions {
                live.push(session.get("/streams").await.status == StatusCode::OK);
            }
            live
        };
        let logout = |claims: Value| company.provider.logout_token(json!({}), claims);
        for (jti, claims, expected) in [
            ("1", json!({"sub": "three"}), [true, true, true, true]),
            ("2", json!({"sid": "z"}), [true, true, true, true]),
            ("3", json!({"sid": "c"}), [true, true, true, false]),
            ("4", json!({"sub": "one", "sid": "a"}), [false, true, false, false]),
            ("5", json!({"sub": "one"}), [false, false, false, false]),
        ] {
            let mut claims = claims;
            super::provider::merge(&mut claims, &json!({"jti": jti}));
            let answer = send(&company.app, &logout(claims)).await;
            assert_eq!(
                (answer.status, answer.header("cache-control")),
                (StatusCode::OK, "no-store"),
                "{}",
                answer.body
            );
            assert_eq!(are_live().await, expected, "{jti}");
        }
        assert_eq!(local.get("/streams").await.status, StatusCode::OK);
        let rows = company.rows().await;
        let ended: Vec<_> = rows.iter().filter(|row| row.event.action.name() == "session.ended").collect();
        let found: Vec<_> = ended.iter().map(|row| (row.event.target.as_str(), row.event.result.as_str())).collect();
        assert_eq!(
            found,
            [
                ("two", "1 ended by the provider's logout"),
                ("one", "2 ended by the provider's logout"),
                ("one", "1 ended by the provider's logout")
            ]
        );
    }
}

#[tokio::test]
async fn a_logout_overtakes_a_sign_in_that_is_under_way() {
    let company = company().await;
    let browser = company.app.anonymous();
    for (sid, leads_to) in [("a", "/sign-in?problem=sign-in-again&next=%2Fkeys"), ("b", "/keys")] {
        company.provider.claims(json!({"sid": sid}));
        let begun = browser.get("/auth/oidc/start?next=%2Fkeys").await;
        let callback = company.provider.authorize(begun.location());
        let logout = company.provider.logout_token(json!({}), json!({"jti": sid, "sid": "a"}));
        assert_eq!(send(&company.app, &logout).await.status, StatusCode::OK);
        assert_eq!(come_back(&company.app, &begun.cookie(), &callback).await.location(), leads_to);
    }
}

#[tokio::test]
async fn event_connections_end_here_and_on_other_instances() {
    let setup = Setup { database: Kind::Postgres, is_mortal: true, ..Setup::default() };
    let company = company_with(setup).await;
    let second = company.app.another().await;
    let browser = company.signed_in().await;
    let (address, _) = company.app.listen(Bounds::default()).await;
    let connection = open(address, &browser).await;
    let token = company.provider.logout_token(json!({}), json!({"sub": "subject-1"}));
    assert_eq!(send(&second, &token).await.status, StatusCode::OK);
    let begun = SystemClock.steady();
    ends(connection, "logged out by the provider").await;
    let passed = SystemClock.steady().saturating_sub(begun);
    assert!(passed < Duration::from_secs(20), "{passed:?}");
}

async fn refused(company: &Company, token: &str, reason: &str) {
    let rows = company.rows().await.len();
    let answer = send(&company.app, token).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{reason}: {}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(
        answer.body.starts_with("{\"error\":\"invalid_request\"") && answer.body.contains(reason),
        "{}",
        answer.body
    );
    let rows = company.rows().await.split_off(rows);
    let [row] = rows.as_slice() else { panic!("{reason}: {rows:?}") };
    assert_eq!(row.event.action.name(), "session.logout-refused");
    assert!(row.event.result.contains(reason), "{reason}: {}", row.event.result);
}

#[tokio::test]
async fn tokens_that_are_no_logout_are_refused() {
    let company = company().await;
    let browser = company.signed_in().await;
    let now = company.app.state.clock.now().as_millis() / 1_000;
    let event = "http://schemas.openid.net/event/backchannel-logout";
    for (header, claims, reason) in [
        (json!({}), json!({"nonce": "x"}), "has a nonce"),
        (json!({"typ": "JWT"}), json!({}), "the type of the token"),
        (json!({"typ": "at+jwt"}), json!({}), "the type of the token"),
        (json!({"crit": ["x"]}), json!({}), "critical"),
        (json!({}), json!({"iss": "https://evil.example"}), "another issuer"),
        (json!({}), json!({"aud": "another-client"}), "another client"),
        (json!({}), json!({"aud": ["keystream-client", "another-client"]}), "another client"),
        (json!({}), json!({"events": {}}), "no logout event"),
        (json!({}), json!({"events": {event: "x"}}), "no logout event"),
        (json!({}), json!({"exp": now - 61}), "expired"),
        (json!({}), json!({"exp": now + 9_999, "iat": now - 600}), "expired"),
        (json!({}), json!({"exp": null, "iat": now - 600}), "expired"),
        (json!({}), json!({"iat": now + 120}), "in the future"),
        (json!({}), json!({"sub": null}), "names nobody"),
        (json!({}), json!({"jti": ""}), "has no id"),
        (json!({}), json!({"jti": null}), "can't be read"),
        (json!({}), json!({"iat": null}), "can't be read"),
    ] {
        let mut all = json!({"sub": "subject-1"});
        for (name, value) in claims.as_object().unwrap() {
            all[name] = value.clone();
        }
        refused(&company, &company.provider.logout_token(header, all), reason).await;
    }
    for token in ["x", "a.b.c"] {
        refused(&company, token, "can't be read").await;
    }
    assert_eq!(browser.get("/streams").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_counts_once_and_only_with_the_provider_s_signature() {
    let company = company().await;
    let browser = company.signed_in().await;
    let stolen = |key: Key, header: Value| {
        company.provider.script.lock().signer = Some(Arc::new(key));
        let token = company.provider.logout_token(header, json!({"sub": "subject-1"}));
        company.provider.script.lock().signer = None;
        token
    };
    let unsigned = "signed in a way that isn't taken";
    refused(&company, &stolen(Key::None, json!({})), unsigned).await;
    refused(&company, &stolen(Key::Secret(super::provider::SECRET), json!({})), unsigned).await;
    refused(&company, &stolen(Key::rsa(), json!({})), "no key of the provider signed").await;
    refused(&company, &stolen(Key::rsa(), json!({"kid": "two"})), "no key of the provider signed").await;
    refused(&company, &stolen(Key::rsa(), json!({"kid": "two"})), "doesn't publish").await;
    assert_eq!(browser.get("/streams").await.status, StatusCode::OK);
    let token = company.provider.logout_token(json!({}), json!({"sub": "subject-1"}));
    assert_eq!(send(&company.app, &token).await.status, StatusCode::OK);
    assert_eq!(browser.get("/streams").await.location(), "/sign-in");
    refused(&company, &token, "used before").await;
    let again = company.signed_in().await;
    refused(&company, &token, "used before").await;
    assert_eq!(again.get("/streams").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_form_has_one_token() {
    let company = company().await;
    let token = company.provider.logout_token(json!({}), json!({"sub": "subject-1"}));
    for (kind, body) in [
        ("application/json", format!("{{\"logout_token\":\"{token}\"}}")),
        ("application/x-www-form-urlencoded", format!("logout_token={token}&logout_token={token}")),
        ("application/x-www-form-urlencoded", "token=x".to_owned()),
    ] {
        let request = company.app.anonymous().request(Method::POST, PATH, "*/*").header(header::CONTENT_TYPE, kind);
        let answer = company.app.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    }
}
