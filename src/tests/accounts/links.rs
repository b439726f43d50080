//! One-time links: people set their own passwords, and administrators know none.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};

use super::{events, events_about, problem, user};
use crate::{
    model::{
        access::identity::Role,
        time::{DAY_MS, MINUTE_MS, SECOND_MS},
    },
    tests::{
        database::Kind,
        support::{Actor, Answer, PASSWORD, Setup, TestApp},
    },
};

const NEW: &str = "seven quiet herons at dawn";

/// What an administrator gets for a form that makes a link.
struct Made {
    page: String,
    token: String,
}

/// Opens the page that shows the link which an answer made, as a browser does.
async fn shown(administrator: &Actor<'_>, answer: &Answer) -> Made {
    let set = answer.header("set-cookie").to_owned();
    let cookie = set.split(';').next().unwrap().to_owned();
    assert!(set.ends_with("; HttpOnly; SameSite=Strict; Path=/settings/users/; Max-Age=60"), "{set}");
    let session = administrator.cookie.clone().unwrap();
    let both = Actor { cookie: Some(format!("{session}; {cookie}")), ..*administrator };
    let page = both.get(answer.location()).await;
    assert!(page.header("set-cookie").starts_with("keystream-link=;"), "it is taken back: {:?}", page.headers);
    assert!(page.header("set-cookie").contains("Max-Age=0"));
    assert!(page.header("cache-control").contains("no-store"));
    let address = page.body.split("id=\"one-time-link\"").nth(1).unwrap().split("value=\"").nth(1).unwrap();
    let token = address.split('"').next().unwrap().strip_prefix("http://127.0.0.1:3000/setup/").unwrap().to_owned();
    assert!(token.len() >= 52 && token.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{token}");
    Made { page: page.body, token }
}

/// Makes a link for a user.
async fn make(app: &TestApp, administrator: &Actor<'_>, name: &str) -> String {
    let id = user(app, name).await.id;
    let made = administrator.post("/api/make-password-link", &[("id", &id)]).await;
    assert_eq!(made.location(), format!("/settings/users/{id}?done=link-made"));
    shown(administrator, &made).await.token
}

async fn set(app: &TestApp, token: &str, password: &str) -> Answer {
    app.anonymous().post("/api/set-password", &[("token", token), ("new_password", password)]).await
}

/// What was written down of the new user.
async fn assert_recorded(app: &TestApp) {
    let about = events_about(app, "mira").await;
    let told: Vec<_> =
        about.iter().map(|event| (event.actor.as_str(), event.action.name(), event.result.as_str())).collect();
    assert_eq!(
        told,
        [
            ("admin", "user.added", ""),
            ("admin", "user.link-made", ""),
            ("", "session.refused", "wrong user name or password"),
            ("one-time link", "user.password-set", "one-time link"),
            ("mira", "session.signed-in", "by password"),
            ("one-time link", "user.link-refused", "already used"),
            ("mira", "session.signed-in", "by password"),
        ]
    );
}

/// Neither the chain nor the database has the token or the password.
async fn assert_nowhere(app: &TestApp, database: Kind, token: &str) {
    assert!(!format!("{:?}", events(app).await).contains(token));
    if database == Kind::Sqlite {
        for file in ["", "-wal"] {
            let bytes = std::fs::read(format!("{}{file}", app.database().name())).unwrap();
            let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!holds(token) && !holds(NEW), "{file}");
        }
    }
}

#[tokio::test]
async fn a_new_user_sets_the_password_and_nobody_else_ever_sees_it() {
    for database in [Kind::Sqlite, Kind::Postgres] {
        let app = TestApp::with(Setup { database, ..Setup::default() }).await;
        let administrator = app.actor(Role::Admin).await;
        // A password that an administrator sends along is no password.
        let fields = [("user_name", "mira"), ("role", "viewer"), ("scope", "*"), ("password", PASSWORD)];
        let added = administrator.post("/api/add-user", &fields).await;
        let id = user(&app, "mira").await.id;
        assert_eq!(added.location(), format!("/settings/users/{id}?done=user-added"));
        assert!(!added.body.contains("keystream-link") && user(&app, "mira").await.password_hash.is_none());
        assert_eq!(problem(&app.anonymous().sign_in("mira", PASSWORD).await), "sign-in-failed");
        let Made { page, token } = shown(&administrator, &added).await;
        assert!(!added.body.contains(&token) && page.contains("Shown only now."), "{page}");
        // Shown once: not on the next view, and not to a browser that brings another token.
        for cookies in ["", "; keystream-link=x"] {
            let cookie = Some(format!("{}{cookies}", administrator.cookie.clone().unwrap()));
            let again = Actor { cookie, ..administrator }.get(added.location()).await.body;
            assert!(!again.contains(&token) && !again.contains("one-time-link"), "{again}");
            assert!(again.contains("admin made a one-time link at ") && again.contains("Revoke link"), "{again}");
        }

        let stranger = app.anonymous();
        let page = stranger.get(&format!("/setup/{token}")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.header("cache-control").contains("no-store"));
        assert!(page.body.contains("<h1>Set your password</h1>") && page.body.contains("value=\"mira\""));
        // Looking at it uses nothing up, and neither does a mistake.
        for (password, code) in [("short", "password-length"), ("Password1234567", "password-weak")] {
            let back = set(&app, &token, password).await;
            assert_eq!(problem(&back), code);
            let page = stranger.get(back.location()).await.body;
            assert!(page.contains("id=\"new_password-mistake\" role=\"alert\" class=\"mistake\""), "{page}");
            assert!(page.contains("aria-invalid=\"true\"") && !page.contains(password), "{page}");
        }
        let done = set(&app, &token, NEW).await;
        assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/sign-in?done=password-set"));
        assert!(!done.headers.contains_key("set-cookie"), "nobody is signed in by a link");
        stranger.signed_in("mira", NEW).await;
        // Once.
        for answer in [stranger.get(&format!("/setup/{token}")).await, set(&app, &token, PASSWORD).await] {
            assert_eq!(answer.status, StatusCode::NOT_FOUND);
            assert!(answer.body.contains("already used or revoked, or has expired"), "{}", answer.body);
        }
        stranger.signed_in("mira", NEW).await;
        assert!(!administrator.get(added.location()).await.body.contains("Revoke link"));

        assert_recorded(&app).await;
        assert_nowhere(&app, database, &token).await;
    }
}

#[tokio::test]
async fn a_link_ends_the_other_sessions_and_the_former_password() {
    let app = TestApp::start().await;
    let administrator = app.actor(Role::Admin).await;
    let viewer = app.actor(Role::Viewer).await;
    let token = make(&app, &administrator, "viewer").await;
    assert_eq!(viewer.get("/streams").await.status, StatusCode::OK, "until it is used, nothing changes");
    app.anonymous().signed_in("viewer", PASSWORD).await;
    assert_eq!(set(&app, &token, NEW).await.location(), "/sign-in?done=password-set");
    assert!(app.anonymous().get("/sign-in?done=password-set").await.body.contains("sign in with the new password"));
    assert_eq!(viewer.get("/streams").await.status, StatusCode::SEE_OTHER);
    assert_eq!(problem(&app.anonymous().sign_in("viewer", PASSWORD).await), "sign-in-failed");
    app.anonymous().signed_in("viewer", NEW).await;
    assert_eq!(administrator.get("/streams").await.status, StatusCode::OK, "nobody else's");
}

#[tokio::test]
async fn a_link_works_for_a_day_and_whoever_comes_later_is_written_down() {
    let app = TestApp::start().await;
    let token = make(&app, &app.actor(Role::Admin).await, "viewer").await;
    let path = format!("/setup/{token}");
    app.clock.advance(DAY_MS - MINUTE_MS * 10);
    assert_eq!(app.anonymous().get(&path).await.status, StatusCode::OK);
    app.clock.advance(MINUTE_MS * 10);
    // Many attempts are one row a minute.
    for answer in [app.anonymous().get(&path).await, app.anonymous().get(&path).await, set(&app, &token, NEW).await] {
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
    let refused = async || {
        let events = events_about(&app, "viewer").await;
        let refused = events.into_iter().filter(|event| event.action.name() == "user.link-refused");
        refused.map(|event| (event.address, event.result)).collect::<Vec<_>>()
    };
    let told = refused().await;
    assert!(!told.is_empty() && told.len() < 3, "{told:?}");
    assert!(told.iter().all(|row| *row == ("127.0.0.1".to_owned(), "expired".to_owned())), "{told:?}");
    app.clock.advance(MINUTE_MS + SECOND_MS);
    app.anonymous().get(&path).await;
    assert_eq!(refused().await.len(), told.len() + 1);
    app.anonymous().signed_in("viewer", PASSWORD).await;
}

#[tokio::test]
async fn a_link_that_was_taken_back_or_overtaken_is_over() {
    let app = TestApp::start().await;
    let administrator = app.actor(Role::Admin).await;
    let viewer = user(&app, "viewer").await.id;
    for way in ["/api/revoke-password-link", "/api/make-password-link", "/api/disable-user"] {
        let token = make(&app, &administrator, "viewer").await;
        let answer = administrator.post(way, &[("id", &viewer)]).await;
        assert!(answer.location().contains("?done="), "{way}: {}", answer.location());
        assert_eq!(set(&app, &token, NEW).await.status, StatusCode::NOT_FOUND, "{way}");
    }
    // Nobody can be given a link who may not sign in.
    let none = administrator.post("/api/make-password-link", &[("id", &viewer)]).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    administrator.post("/api/enable-user", &[("id", &viewer)]).await;
    app.anonymous().signed_in("viewer", PASSWORD).await;
    // A password that was set in another way.
    let token = make(&app, &administrator, "viewer").await;
    let actor = app.actor(Role::Viewer).await;
    actor.post("/api/change-password", &[("present_password", PASSWORD), ("new_password", NEW)]).await;
    assert_eq!(set(&app, &token, "another password of mine").await.status, StatusCode::NOT_FOUND);
    app.anonymous().signed_in("viewer", NEW).await;
    let results: Vec<_> = events_about(&app, "viewer")
        .await
        .into_iter()
        .filter(|event| event.action.name() == "user.link-refused")
        .map(|event| event.result)
        .collect();
    assert_eq!(results, ["revoked"; 4]);
}

#[tokio::test]
async fn of_many_who_use_a_link_at_once_one_sets_the_password() {
    for database in [Kind::Sqlite, Kind::Postgres] {
        let app = TestApp::with(Setup { database, ..Setup::default() }).await;
        let token = make(&app, &app.actor(Role::Admin).await, "viewer").await;
        let passwords: Vec<String> = (0..6).map(|number| format!("{NEW} number {number}")).collect();
        let tries = passwords.iter().map(|password| set(&app, &token, password));
        let answers = futures_util::future::join_all(tries).await;
        let winners: Vec<_> =
            passwords.iter().zip(&answers).filter(|(_, answer)| answer.status == StatusCode::SEE_OTHER).collect();
        assert_eq!(winners.len(), 1);
        assert!(answers.iter().filter(|answer| answer.status == StatusCode::NOT_FOUND).count() == 5);
        app.anonymous().signed_in("viewer", winners[0].0).await;
    }
}

#[tokio::test]
async fn tokens_that_nobody_made_open_nothing_and_leave_no_trace() {
    let app = TestApp::start().await;
    let administrator = app.actor(Role::Admin).await;
    let token = make(&app, &administrator, "viewer").await;
    let before = events(&app).await.len();
    let almost = format!("{}{}", &token[..51], if token.ends_with('0') { '1' } else { '0' });
    for token in [almost.as_str(), &token[..51], &token.to_uppercase(), &"x".repeat(52), "x", ""] {
        let page = app.anonymous().request(Method::GET, &format!("/setup/{token}"), "text/html");
        let page = app.send(page.body(Body::empty()).unwrap()).await;
        assert!([StatusCode::NOT_FOUND, StatusCode::SEE_OTHER].contains(&page.status), "{token}: {}", page.status);
        assert_eq!(set(&app, token, NEW).await.status, StatusCode::NOT_FOUND, "{token}");
    }
    assert_eq!(events(&app).await.len(), before);
    assert_eq!(set(&app, &token, NEW).await.status, StatusCode::SEE_OTHER);
}
