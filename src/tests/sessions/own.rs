//! A person's own sessions and settings.

use axum::http::StatusCode;

use crate::{
    model::{access::identity::Role, time::MINUTE_MS},
    tests::support::{Actor, TestApp},
};

#[tokio::test]
async fn a_person_sees_the_own_sessions_and_ends_them() {
    let app = TestApp::start().await;
    let here = app.actor(Role::Viewer).await;
    let there = app.actor_at(Role::Viewer, [203, 0, 113, 9]).await;
    let operator = app.actor(Role::Operator).await;
    app.clock.advance(MINUTE_MS);
    let page = here.get("/settings").await.body;
    assert!(page.contains("203.0.113.9") && page.contains("127.0.0.1") && page.contains("This session"), "{page}");
    let id_of =
        |page: &str| page.split("name=\"id\" value=\"").nth(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    let id = id_of(&page).unwrap();
    for cookie in [&here, &there].map(|actor| actor.cookie.clone().unwrap()) {
        assert!(!page.contains(cookie.split('=').nth(1).unwrap()), "what opens a session stands nowhere");
    }
    // Nobody ends another's, whatever the form says.
    for id in [id.as_str(), "", "' OR 1=1 --"] {
        assert_eq!(
            operator.post("/api/end-session", &[("id", id), ("user_id", "x")]).await.status,
            StatusCode::NOT_FOUND,
            "{id}"
        );
    }
    assert_eq!(there.get("/streams").await.status, StatusCode::OK);
    let ended = here.post("/api/end-session", &[("id", &id)]).await;
    assert_eq!((ended.status, ended.location()), (StatusCode::SEE_OTHER, "/settings?done=session-ended"));
    assert!(here.get(ended.location()).await.body.contains("Session ended."));
    assert_eq!(there.get("/streams").await.status, StatusCode::SEE_OTHER);
    assert_eq!(here.post("/api/end-session", &[("id", &id)]).await.status, StatusCode::NOT_FOUND, "it has ended");

    let others = [app.actor(Role::Viewer).await, app.actor(Role::Viewer).await];
    assert_eq!(here.post("/api/end-other-sessions", &[]).await.location(), "/settings?done=other-sessions-ended");
    for other in &others {
        assert_eq!(other.get("/streams").await.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(
        (here.get("/streams").await.status, operator.get("/streams").await.status),
        (StatusCode::OK, StatusCode::OK)
    );
    assert_eq!(id_of(&here.get("/settings").await.body), None, "none is left to end");
    let mine = here.get("/audit?action=session").await.body;
    assert!(
        mine.contains("session.others-ended") && mine.contains("2 sessions") && mine.contains("session.ended"),
        "{mine}"
    );
    // One that is past its limits is not listed.
    app.clock.advance(16 * MINUTE_MS);
    let here = app.actor(Role::Viewer).await;
    assert_eq!(id_of(&here.get("/settings").await.body), None);
}

#[tokio::test]
async fn a_person_turns_the_keyboard_shortcuts_off_and_on() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    let page = viewer.get("/settings").await.body;
    assert!(page.contains("<body data-keys=\"on\"") && page.contains("name=\"on\" value=\"yes\" checked"), "{page}");
    let off = viewer.post("/api/set-shortcuts", &[]).await;
    assert_eq!((off.status, off.location()), (StatusCode::SEE_OTHER, "/settings?done=shortcuts-saved"));
    assert_eq!(off.cookie(), "keystream-shortcuts=off");
    let session = viewer.cookie.clone().unwrap();
    let without = Actor { cookie: Some(format!("{session}; {}", off.cookie())), ..viewer };
    let page = without.get(off.location()).await.body;
    assert!(page.contains("Keyboard shortcuts saved for this browser."), "{page}");
    assert!(page.contains("<body data-keys=\"off\"") && !page.contains("value=\"yes\" checked"), "{page}");
    assert!(without.get("/streams").await.body.contains("data-keys=\"off\""));
    assert_eq!(without.post("/api/set-shortcuts", &[("on", "yes")]).await.cookie(), "keystream-shortcuts=on");
    let stranger = app.anonymous().post("/api/set-shortcuts", &[]).await;
    assert!(!stranger.headers.contains_key("set-cookie") && stranger.location().starts_with("/sign-in"));
}
