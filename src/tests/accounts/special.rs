//! The first administrator, and the account for emergencies.

use axum::http::StatusCode;

use super::{events, problem, set_password};
use crate::{
    model::{
        access::{credentials::UserName, identity::Role, scope::Scope},
        forms::{FormMistake, Outcome},
        time::{DAY_MS, MINUTE_MS},
    },
    server::{
        adapters::{
            clock::{Clock, SystemClock},
            store::{Opener, Store},
        },
        services::{
            accounts::{Accounts, NewUser},
            audit::Actor as Doer,
        },
    },
    tests::support::{PASSWORD, TestApp},
};

#[tokio::test]
async fn the_account_for_emergencies_is_announced_to_everybody() {
    let app = TestApp::start().await;
    let administrator = app.actor(Role::Admin).await;
    let fields = [("user_name", "emergency"), ("role", "admin"), ("scope", "*"), ("for_emergencies", "yes")];
    let added = administrator.post("/api/add-user", &fields).await;
    set_password(&app, &added, PASSWORD).await;
    let viewer = app.actor(Role::Viewer).await;
    let words = "An emergency account signed in at ";
    assert!(!viewer.get("/streams").await.body.contains(words));
    app.anonymous().signed_in("emergency", PASSWORD).await;
    for path in ["/streams", "/changes", "/audit", "/settings"] {
        assert!(viewer.get(path).await.body.contains(words), "{path}");
    }
    assert!(!app.anonymous().get("/sign-in").await.body.contains(words), "strangers are told nothing");
    let event = events(&app).await.into_iter().find(|event| event.actor == "emergency").unwrap();
    assert_eq!(
        (event.action.name(), event.result.as_str()),
        ("session.signed-in", "by password; account for emergencies")
    );
    let link = "/audit?q=account+for+emergencies";
    assert!(administrator.get("/streams").await.body.contains(link));
    assert!(administrator.get(link).await.body.contains("by password; account for emergencies"));
    let advice = viewer.get("/streams").await.body;
    assert!(
        !advice.contains(link) && advice.contains("tell a Keystream administrator"),
        "who would find nothing there is not led there"
    );
    // A day later it is history.
    app.clock.advance(DAY_MS + MINUTE_MS);
    let viewer = app.actor(Role::Viewer).await;
    assert!(!viewer.get("/streams").await.body.contains(words));
}

#[tokio::test]
async fn common_passwords_make_no_first_administrator() {
    let app = TestApp::start().await;
    let token = app.state.setup.open(app.state.clock.now());
    let fields = [("token", token.as_str()), ("user_name", "first"), ("password", "passwordpassword")];
    let answer = app.anonymous().post("/api/setup", &fields).await;
    assert_eq!(problem(&answer), "password-common");
    assert!(app.anonymous().get(answer.location()).await.body.contains("Many people use this password"));
    // Nor does a name that the chain gives to the server; and nobody was made.
    let token = app.state.setup.open(app.state.clock.now());
    for name in ["Keystream", "first"] {
        let fields = [("token", token.as_str()), ("user_name", name), ("password", "correct horse battery staple")];
        let answer = app.anonymous().post("/api/setup", &fields).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "somebody is registered: {}", answer.location());
    }
    assert_eq!(app.store.users().await.unwrap().len(), 4);
}

#[tokio::test]
async fn the_first_administrator_is_written_down_and_never_called_like_the_server() {
    let directory = tempfile::tempdir().unwrap();
    let store =
        Store::open(&format!("sqlite://{}", directory.path().join("k.db").display()), Opener::Setup).await.unwrap();
    let actor = Doer { name: "setup link".to_owned(), ..Doer::default() };
    let accounts = Accounts { store: &store, actor, now: SystemClock.now() };
    let new = |name: &str| NewUser {
        name: UserName::parse(name).unwrap(),
        role: Role::Admin,
        scope: Scope::everything(),
        is_break_glass: false,
    };
    for name in ["keystream", "KEYSTREAM"] {
        let refused = accounts.add(new(name), "phc".to_owned()).await.unwrap();
        assert_eq!(refused, Outcome::Mistake(FormMistake::UserNameTaken));
    }
    assert_eq!(accounts.add(new("first"), "phc".to_owned()).await.unwrap(), Outcome::Done(()));
    let rows = store.audit_rows(0, 10).await.unwrap();
    let told: Vec<_> =
        rows.iter().map(|row| (row.event.actor.as_str(), row.event.action.name(), row.event.after.as_str())).collect();
    assert_eq!(told, [("setup link", "user.added", "admin, scope *")]);
}
