//! Sessions end when they should, by our clock, and stay ended.

use axum::http::StatusCode;

use super::support::TestApp;
use crate::{
    model::{
        identity::Role,
        timestamp::{HOUR_MS, MINUTE_MS},
    },
    server::store::users,
};

#[tokio::test]
async fn an_idle_session_ends_after_15_minutes_and_refreshes_do_not_count() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    app.clock.advance(14 * MINUTE_MS);
    assert_eq!(viewer.get("/streams").await.status, StatusCode::OK, "this is a person's act");
    app.clock.advance(14 * MINUTE_MS);
    assert_eq!(viewer.get("/streams?live=1").await.status, StatusCode::OK, "a page's own refresh is answered");
    assert_eq!(viewer.json("/api/frame", serde_json::json!({})).await.status, StatusCode::OK);
    app.clock.advance(MINUTE_MS);
    let ended = viewer.get("/streams").await;
    assert_eq!((ended.status, ended.location()), (StatusCode::SEE_OTHER, "/sign-in"), "and the session does not live from it");
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

#[tokio::test]
async fn a_signed_out_session_never_comes_back() {
    let app = TestApp::start().await;
    for _ in 0..20 {
        let viewer = app.actor(Role::Viewer).await;
        let (_, page, _) = tokio::join!(viewer.get("/streams"), viewer.post("/api/sign-out", &[]), viewer.get("/changes"));
        assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/sign-in"));
        assert_eq!(viewer.get("/streams").await.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn signing_in_again_gives_another_id_and_ends_the_first() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    let again = viewer.post("/api/sign-in", &[("user_name", "operator"), ("password", super::support::PASSWORD)]).await;
    assert_ne!(Some(again.cookie()), viewer.cookie);
    assert_eq!(viewer.get("/streams").await.status, StatusCode::SEE_OTHER, "the former id is dead");
    let mut chosen = app.anonymous();
    chosen.cookie = Some("keystream-3000=AAAAAAAAAAAAAAAAAAAAAA".to_owned());
    let signed_in = chosen.post("/api/sign-in", &[("user_name", "viewer"), ("password", super::support::PASSWORD)]).await;
    assert_ne!(Some(signed_in.cookie()), chosen.cookie, "an id from outside is never taken over");
}

#[tokio::test]
async fn disabling_a_user_ends_the_users_sessions_at_once() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    let operator = app.actor(Role::Operator).await;
    let user = app.state.store.users().await.unwrap().into_iter().find(|user| user.name == "viewer").unwrap();
    let mut tx = app.state.store.write().await.unwrap();
    users::disable(&mut tx, &user.id, app.state.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(viewer.get("/streams").await.status, StatusCode::SEE_OTHER);
    assert_eq!(operator.get("/streams").await.status, StatusCode::OK);
    let refused = app.anonymous().post("/api/sign-in", &[("user_name", "viewer"), ("password", super::support::PASSWORD)]).await;
    assert!(refused.location().starts_with("/sign-in?problem=sign-in-failed"));
}

#[tokio::test]
async fn session_ids_do_not_stand_in_the_database() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    let id = viewer.cookie.unwrap().split_once('=').unwrap().1.to_owned();
    assert_eq!(id.len(), 22);
    assert!(app.state.store.session(&id).await.unwrap().is_none(), "only its hash does");
}
