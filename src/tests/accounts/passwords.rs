//! Passwords that are easy to guess, wherever one is set.

use axum::http::StatusCode;

use super::{problem, user};
use crate::{
    model::access::{credentials::UserName, identity::Role},
    server::services::accounts::check_new_password,
    tests::support::{PASSWORD, TestApp},
};

/// Passwords that are long enough, and the form's mistake.
const EASY: [(&str, &str); 6] = [
    ("Password1234567", "password-weak"),
    ("aaaaaaaaaaaaaaa", "password-weak"),
    ("                    ", "password-weak"),
    ("correcthorsebatterystaple", "password-common"),
    ("viewer-keystream-1", "password-common"),
    ("Welcome123456789", "password-weak"),
];

#[tokio::test]
async fn easy_passwords_are_refused_wherever_one_is_set() {
    let app = TestApp::start().await;
    let administrator = app.actor(Role::Admin).await;
    let viewer = app.actor(Role::Viewer).await;
    let before = user(&app, "viewer").await;
    let id = before.id.as_str();
    let made = administrator.post("/api/make-password-link", &[("id", id)]).await;
    let link = made.cookie().split_once('=').unwrap().1.to_owned();
    let setup = app.state.setup.open(app.state.clock.now());
    for (password, code) in EASY {
        let changed =
            viewer.post("/api/change-password", &[("present_password", PASSWORD), ("new_password", password)]).await;
        let by_link = app.anonymous().post("/api/set-password", &[("token", &link), ("new_password", password)]).await;
        let fields = [("token", setup.as_str()), ("user_name", "viewer"), ("password", password)];
        let set_up = app.anonymous().post("/api/setup", &fields).await;
        for (answer, actor, field) in [
            (changed, &viewer, "new_password"),
            (by_link, &app.anonymous(), "new_password"),
            (set_up, &app.anonymous(), "password"),
        ] {
            assert_eq!((answer.status, problem(&answer)), (StatusCode::SEE_OTHER, code), "{password}");
            // One sentence, at the field.
            let page = actor.get(answer.location()).await.body;
            let at_field = format!("<p id=\"{field}-mistake\" role=\"alert\" class=\"mistake\">");
            assert!(page.contains(&at_field) && !page.contains("<p role=\"alert\" class=\"alert\">"), "{page}");
        }
        let at_command_line = check_new_password(&password.into(), &UserName::parse("viewer").unwrap());
        assert_eq!(at_command_line.unwrap_err().to_string(), code);
    }
    assert_eq!(user(&app, "viewer").await.password_hash, before.password_hash);
    assert_eq!(app.store.users().await.unwrap().len(), 4);
}
