//! How many sessions one user has.

use axum::http::StatusCode;

use crate::{
    model::{
        access::identity::Role,
        time::{MINUTE_MS, SECOND_MS},
    },
    tests::support::{Actor, TestApp},
};

/// Whether each session lives, without acting in it.
async fn alive(people: &[Actor<'_>]) -> Vec<bool> {
    let mut alive = Vec::new();
    for person in people {
        alive.push(person.get("/streams?live=1").await.status == StatusCode::OK);
    }
    alive
}

/// Results of the audit rows about ended sessions of a user.
async fn ended(app: &TestApp, user: &str) -> Vec<String> {
    let rows = app.store.audit_rows(0, 1_000).await.unwrap();
    let ended = rows.into_iter().filter(|row| row.event.action.name() == "session.ended" && row.event.target == user);
    ended.map(|row| row.event.result).collect()
}

#[tokio::test]
async fn the_21st_session_ends_the_one_that_has_been_idle_longest() {
    let app = TestApp::start().await;
    let mut sessions = Vec::new();
    for _ in 0..20 {
        sessions.push(app.actor(Role::Viewer).await);
        app.clock.advance(SECOND_MS);
    }
    let operator = app.actor(Role::Operator).await;
    assert_eq!(alive(&sessions).await, [true; 20]);
    // The first acts, so the second has been idle longest.
    app.clock.advance(MINUTE_MS);
    assert_eq!(sessions[0].get("/streams").await.status, StatusCode::OK);
    sessions.push(app.actor(Role::Viewer).await);
    let expected: Vec<bool> = (0..21).map(|number| number != 1).collect();
    assert_eq!(alive(&sessions).await, expected);
    assert_eq!(ended(&app, "viewer").await, ["1 idle longest of more than 20"]);
    assert_eq!(operator.get("/streams").await.status, StatusCode::OK, "another user's");
    // Those that are past their limits don't count.
    app.clock.advance(16 * MINUTE_MS);
    let again = [app.actor(Role::Viewer).await, app.actor(Role::Viewer).await];
    assert_eq!(alive(&again).await, [true; 2]);
    assert_eq!(ended(&app, "viewer").await.len(), 1);
}
