//! When sessions end.

use std::time::Duration;

use axum::http::StatusCode;
use strum::VariantArray;

use crate::{
    model::{
        access::{identity::Role, scope::Scope},
        time::{HOUR_MS, MINUTE_MS},
    },
    server::{adapters::store::users, web::listen::Bounds},
    tests::support::{Actor, PASSWORD, TestApp},
};

#[tokio::test]
async fn an_idle_session_ends_after_15_minutes_and_refreshes_do_not_count() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    app.clock.advance(14 * MINUTE_MS);
    assert_eq!(viewer.get("/streams").await.status, StatusCode::OK, "this is a person's act");
    app.clock.advance(14 * MINUTE_MS);
    assert_eq!(viewer.get("/streams?live=1").await.status, StatusCode::OK, "a page's own refresh is answered");
    assert_eq!(viewer.get("/changes?live=1").await.status, StatusCode::OK);
    app.clock.advance(MINUTE_MS);
    let ended = viewer.get("/streams").await;
    assert_eq!(
        (ended.status, ended.location()),
        (StatusCode::SEE_OTHER, "/sign-in"),
        "and the session does not live from it"
    );
    assert!(ended.header("set-cookie").contains("Max-Age=0"));
}

#[tokio::test]
async fn a_busy_session_ends_after_8_hours() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    for _ in 0..47 {
        app.clock.advance(10 * MINUTE_MS);
        assert_eq!(viewer.get("/changes").await.status, StatusCode::OK);
    }
    app.clock.advance(8 * HOUR_MS - 47 * 10 * MINUTE_MS);
    assert_eq!(viewer.get("/changes").await.status, StatusCode::SEE_OTHER);
}

/// Rounds of the race; more in `make soak`.
fn rounds() -> usize {
    std::env::var("RACE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(100)
}

#[tokio::test]
async fn a_signed_out_session_never_comes_back() {
    let app = TestApp::start().await;
    for round in 0..rounds() {
        // From many networks: one alone may not sign in so often.
        let viewer = app
            .actor_at(Role::Viewer, [10, u8::try_from(round / 250).unwrap(), u8::try_from(round % 250).unwrap(), 1])
            .await;
        // Each of these writes to the session or reads it, before, while and after it ends.
        app.clock.advance(MINUTE_MS);
        let (first, refresh, out, page, again, ended) = tokio::join!(
            viewer.get("/streams"),
            viewer.get("/streams?live=1"),
            viewer.post("/api/sign-out", &[]),
            viewer.get("/changes"),
            viewer.post("/api/confirm-identity", &[("password", PASSWORD)]),
            viewer.post("/api/end-other-sessions", &[]),
        );
        assert!(out.location().starts_with("/sign-in"), "{} {}", out.status, out.location());
        for answer in [&first, &refresh, &out, &page, &ended] {
            let cookie = answer.header("set-cookie");
            assert!(
                cookie.is_empty() || cookie.starts_with("keystream-3000=;"),
                "an answer brings a session: {cookie}"
            );
        }
        assert_eq!(viewer.get("/streams").await.status, StatusCode::SEE_OTHER, "round {round}");
        // Whoever confirmed the password in the same moment has another session, or none.
        if let Some(cookie) = again.headers.get("set-cookie").map(|_| again.cookie()) {
            assert_ne!(Some(cookie), viewer.cookie);
        }
    }
}

#[tokio::test]
async fn signing_in_again_gives_another_id_and_ends_the_first() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    let again = viewer.post("/api/sign-in", &[("user_name", "operator"), ("password", PASSWORD)]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.body);
    assert_ne!(Some(again.cookie()), viewer.cookie);
    assert_eq!(viewer.get("/streams").await.status, StatusCode::SEE_OTHER, "the former id is dead");
    let operator = Actor { cookie: Some(again.cookie()), ..viewer };
    assert_eq!(operator.get("/streams").await.status, StatusCode::OK, "the new one lives");
    let mut chosen = app.anonymous();
    chosen.cookie = Some("keystream-3000=AAAAAAAAAAAAAAAAAAAAAA".to_owned());
    let signed_in = chosen.post("/api/sign-in", &[("user_name", "viewer"), ("password", PASSWORD)]).await;
    assert_eq!(signed_in.status, StatusCode::SEE_OTHER);
    assert!(signed_in.cookie().starts_with("keystream-3000="));
    assert_ne!(Some(signed_in.cookie()), chosen.cookie, "an id from outside is never taken over");
}

#[tokio::test]
async fn disabling_a_user_ends_the_users_sessions_at_once() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    let operator = app.actor(Role::Operator).await;
    let user = app.store.users().await.unwrap().into_iter().find(|user| user.name == "viewer").unwrap();
    let mut tx = app.store.write().await.unwrap();
    users::disable(&mut tx, &user.id, app.state.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(viewer.get("/streams").await.status, StatusCode::SEE_OTHER);
    assert_eq!(operator.get("/streams").await.status, StatusCode::OK);
    let refused = app.anonymous().post("/api/sign-in", &[("user_name", "viewer"), ("password", PASSWORD)]).await;
    assert!(refused.location().starts_with("/sign-in?problem=sign-in-failed"));
}

#[tokio::test]
async fn session_ids_do_not_stand_in_the_database() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    let id = viewer.cookie.unwrap().split_once('=').unwrap().1.to_owned();
    assert_eq!(id.len(), 22);
    assert!(app.store.session(&id).await.unwrap().is_none(), "only its hash does");
}

#[tokio::test]
async fn only_the_request_that_ends_a_session_takes_its_cookie_away() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    let out = viewer.post("/api/sign-out", &[]).await;
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{}", out.header("set-cookie"));
    // An open page's request that comes after it, with a cookie that may have been replaced meanwhile.
    for path in ["/streams?live=1", "/changes"] {
        assert_eq!(viewer.get(path).await.header("set-cookie"), "", "{path}");
    }
}

#[tokio::test]
async fn open_event_streams_end_soon_after_what_they_rest_on() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let app = TestApp::start().await;
    let (address, _) = app.listen(Bounds::default()).await;
    let users_table = app.store.users().await.unwrap();
    let id = |name: &str| users_table.iter().find(|user| user.name == name).unwrap().id.clone();
    let now = app.state.clock.now();
    let mut open = Vec::new();
    for &role in Role::VARIANTS {
        let actor = app.actor(role).await;
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let cookie = actor.cookie.as_deref().unwrap();
        let head = format!(
            "GET /events?after=0 HTTP/1.1\r\nhost: 127.0.0.1:3000\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut some = [0; 15];
        stream.read_exact(&mut some).await.unwrap();
        assert_eq!(&some, b"HTTP/1.1 200 OK");
        open.push((role, actor, stream));
    }
    // A password, a role, a scope, and being disabled.
    let mut tx = app.store.write().await.unwrap();
    users::set_password(&mut tx, &id("viewer"), "x", now).await.unwrap();
    users::set_rights(&mut tx, &id("operator"), Role::Viewer, &Scope::everything()).await.unwrap();
    users::set_rights(&mut tx, &id("auditor"), Role::Auditor, &Scope::parse("*/*/a*").unwrap()).await.unwrap();
    users::disable(&mut tx, &id("admin"), now).await.unwrap();
    tx.commit().await.unwrap();
    for (role, actor, mut stream) in open {
        let mut rest = Vec::new();
        // The promise is 5 s; a machine that is busy has some more.
        tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut rest))
            .await
            .unwrap_or_else(|_| panic!("{role} goes on"))
            .unwrap();
        let expected =
            if matches!(role, Role::Operator | Role::Auditor) { StatusCode::OK } else { StatusCode::SEE_OTHER };
        assert_eq!(actor.get("/streams").await.status, expected, "{role}");
    }
}
