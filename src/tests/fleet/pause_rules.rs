//! Who may pause a target, for how long, and how a pause ends.

use axum::http::StatusCode;

use super::{OTHER_ACCOUNT, health_of, health_when, pausing::audited, three};
use crate::{
    model::{
        access::{identity::Role, scope::Scope},
        time::{MINUTE_MS, SECOND_MS},
    },
    server::adapters::store::users,
    tests::{
        database::Kind,
        support::{ACCOUNT, Actor, Answer, PASSWORD, REGION, Setup, TestApp, until},
    },
};

const HOUR_MS: i64 = 60 * MINUTE_MS;

fn own() -> String {
    format!("{ACCOUNT}/{REGION}")
}

async fn pause(actor: &Actor<'_>, minutes: &str) -> Answer {
    actor.post("/api/pause-target", &[("id", &own()), ("minutes", minutes)]).await
}

async fn resume(actor: &Actor<'_>) -> Answer {
    actor.post("/api/resume-target", &[("id", &own())]).await
}

async fn is_paused(app: &TestApp) -> bool {
    !app.store.pauses().await.unwrap().is_empty()
}

async fn set_scope(app: &TestApp, scope: &str) {
    let operator = app.store.users().await.unwrap().into_iter().find(|user| user.name == "operator").unwrap().id;
    let mut tx = app.store.write().await.unwrap();
    users::set_rights(&mut tx, &operator, Role::Operator, &Scope::parse(scope).unwrap()).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_target_is_paused_and_resumed_by_people_with_all_of_it_in_scope() {
    let app = TestApp::with(Setup { targets: Some(three), ..Setup::default() }).await;
    set_scope(&app, &format!("{ACCOUNT}/*/orders-* {OTHER_ACCOUNT}/*/*")).await;
    let narrow = app.actor(Role::Operator).await;
    let page = narrow.get("/settings").await.body;
    assert!(!page.contains(&format!("name=\"id\" value=\"{}\"", own())), "no button: {page}");
    assert!(page.contains(&format!("name=\"id\" value=\"{OTHER_ACCOUNT}/{REGION}\"")), "{page}");
    assert_eq!(pause(&narrow, "60").await.status, StatusCode::FORBIDDEN);
    assert!(!is_paused(&app).await);
    assert_eq!(pause(&app.actor(Role::Admin).await, "60").await.location(), "/settings?done=target-paused");
    assert_eq!(resume(&narrow).await.status, StatusCode::FORBIDDEN);
    assert!(is_paused(&app).await);
    set_scope(&app, &format!("{ACCOUNT}/eu-*/*")).await;
    let whole = app.actor(Role::Operator).await;
    assert_eq!(resume(&whole).await.location(), "/settings?done=target-resumed");
    assert!(!is_paused(&app).await);
    set_scope(&app, &format!("{OTHER_ACCOUNT}/*/*")).await;
    let stranger = app.actor(Role::Operator).await;
    assert_eq!(pause(&stranger, "60").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_pause_asks_for_the_password_after_ten_minutes_and_keeps_what_was_chosen() {
    let app = TestApp::with(Setup { targets: Some(three), ..Setup::default() }).await;
    let operator = app.actor(Role::Operator).await;
    app.clock.advance(10 * MINUTE_MS);
    let asked = pause(&operator, "240").await;
    assert!(asked.location().starts_with("/confirm-identity?next=%2Fsettings%3Fdraft%3D"), "{}", asked.location());
    assert!(!is_paused(&app).await);
    let page = operator.get(asked.location()).await.body;
    let next = page.split("name=\"next\" value=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let right = operator.post("/api/confirm-identity", &[("password", PASSWORD), ("next", &next)]).await;
    let again = Actor { cookie: Some(right.cookie()), ..operator };
    let page = again.get(&next).await.body;
    let form = page.split(&format!("name=\"id\" value=\"{}\"", own())).nth(1).unwrap();
    let form = form.split("</form>").next().unwrap();
    let chosen = form.split("<option").find(|option| option.contains(" selected")).unwrap();
    assert!(chosen.contains("value=\"240\""), "{form}");
    assert_eq!(pause(&again, "240").await.location(), "/settings?done=target-paused");
    // Resuming needs no password: reading again is what is normal.
    app.clock.advance(10 * MINUTE_MS);
    assert_eq!(resume(&again).await.location(), "/settings?done=target-resumed");
}

#[tokio::test]
async fn a_pause_lasts_a_minute_to_four_hours() {
    let app = TestApp::with(Setup { targets: Some(three), ..Setup::default() }).await;
    let operator = app.actor(Role::Operator).await;
    for minutes in ["", "0", "-5", "241", "1e9", "99999999999999999999", "soon"] {
        let refused = pause(&operator, minutes).await;
        assert_eq!(refused.location(), "/settings?problem=pause-invalid", "{minutes}");
        let by_wasm = operator.call("/api/pause-target", &[("id", &own()), ("minutes", minutes)]).await;
        assert_eq!(by_wasm.status, StatusCode::UNPROCESSABLE_ENTITY, "{minutes}");
    }
    assert!(!is_paused(&app).await);
    let page = operator.get("/settings?problem=pause-invalid").await.body;
    assert!(page.contains("A pause lasts 1 to 240 minutes."), "{page}");
    assert_eq!(pause(&operator, "240").await.location(), "/settings?done=target-paused");
    let pause = app.store.pauses().await.unwrap().remove(0).pause;
    assert_eq!(pause.until.millis_since(pause.at), 4 * HOUR_MS);
}

#[tokio::test]
async fn a_pause_ends_by_itself_and_is_written_down() {
    for database in [Kind::Sqlite, Kind::Postgres] {
        let app = TestApp::with(Setup { database, targets: Some(three), ..Setup::default() }).await;
        let operator = app.actor(Role::Operator).await;
        let minutes = if database == Kind::Postgres { "1" } else { "30" };
        pause(&operator, minutes).await;
        let until_when = health_when(&app, 0, |health| health.pause.is_some()).await.pause.unwrap().until;
        let page = operator.get("/settings").await.body;
        assert!(page.contains(&format!("Reading resumes at {}.", until_when.clock_seconds())), "{page}");
        if database == Kind::Postgres {
            // Its own clock decides there; it can't be moved, but what is stored can.
            let ended = "UPDATE targets SET paused_at = paused_at - 60000, paused_until = paused_until - 60000";
            app.database().run(ended).await;
        } else {
            app.clock.advance(29 * MINUTE_MS + 50 * SECOND_MS);
            assert!(health_of(&app, 0).pause.is_some());
            app.clock.advance(10 * SECOND_MS);
        }
        health_when(&app, 0, |health| health.pause.is_none()).await;
        until(|| async { (!is_paused(&app).await).then_some(()) }).await;
        let written = audited(&app).await;
        let target = format!("{ACCOUNT} {REGION}");
        let expected = [("operator", "target.paused"), ("keystream", "target.resumed")];
        assert_eq!(written, expected.map(|(actor, action)| (actor.to_owned(), action.to_owned(), target.clone())));
        let operator = app.actor(Role::Operator).await;
        assert_eq!(pause(&operator, minutes).await.location(), "/settings?done=target-paused");
    }
}

#[tokio::test]
async fn no_clock_and_no_broken_database_prolongs_a_pause() {
    let app = TestApp::with(Setup { is_mortal: true, targets: Some(three), ..Setup::default() }).await;
    let operator = app.actor(Role::Operator).await;
    pause(&operator, "30").await;
    // The time of day is set back; the time that passes counts all the same.
    app.clock.advance(10 * MINUTE_MS);
    app.clock.set_by(-5 * MINUTE_MS);
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    assert!(health_of(&app, 0).pause.is_some());
    app.clock.advance(21 * MINUTE_MS);
    health_when(&app, 0, |health| health.pause.is_none()).await;
    until(|| async { (!is_paused(&app).await).then_some(()) }).await;

    // What can't be written ends as well.
    let operator = app.actor(Role::Operator).await;
    pause(&operator, "30").await;
    app.database().run("CREATE TRIGGER full BEFORE DELETE ON targets BEGIN SELECT RAISE(FAIL, 'no room'); END").await;
    app.clock.advance(31 * MINUTE_MS);
    health_when(&app, 0, |health| health.pause.is_none()).await;
    assert!(is_paused(&app).await);
    app.database().run("DROP TRIGGER full").await;
    until(|| async { (!is_paused(&app).await).then_some(()) }).await;

    // After a restart only the time of day is left: a pause that begins in the future is none.
    let operator = app.actor(Role::Operator).await;
    pause(&operator, "240").await;
    app.clock.set_by(-2 * HOUR_MS);
    let app = app.killed_and_started_again().await;
    assert_eq!(health_of(&app, 0).pause, None);

    let operator = app.actor(Role::Operator).await;
    pause(&operator, "240").await;
    app.clock.advance(3 * HOUR_MS);
    let app = app.killed_and_started_again().await;
    assert!(health_of(&app, 0).pause.is_some(), "a restart ends none");
    app.clock.advance(HOUR_MS);
    health_when(&app, 0, |health| health.pause.is_none()).await;
}
