//! Whom the failures of strangers keep waiting, and how an administrator ends that.

use axum::http::StatusCode;

use super::{WRONG, events, events_about, fail, problem, user};
use crate::{
    model::{
        access::{credentials::UserName, identity::Role, scope::Scope},
        forms::Outcome,
        time::{HOUR_MS, MINUTE_MS},
    },
    server::{
        adapters::{
            clock::Clock,
            store::{Opener, Store},
        },
        services::{
            accounts::{Accounts, NewUser},
            audit::Actor as Doer,
        },
    },
    tests::{
        database::Kind,
        support::{Actor, Answer, PASSWORD, Setup, TestApp},
    },
};

/// Somebody in a network of the attacker's own.
fn attacker(app: &TestApp, network: u8) -> Actor<'_> {
    Actor { address: [203, 0, network, 9], ..app.anonymous() }
}

/// Somebody in a network from which nobody has signed in yet.
fn elsewhere(app: &TestApp, network: u8) -> Actor<'_> {
    Actor { address: [192, 0, network, 1], ..app.anonymous() }
}

/// How long a sign-in with the right password has to wait, in seconds.
async fn wait(actor: &Actor<'_>, user: &str) -> i64 {
    let answer = actor.call("/api/sign-in", &[("user_name", user), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{}", answer.body);
    answer.body.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

/// The administration as `keystream user` does it, beside the running server.
async fn at_command_line(app: &TestApp, act: impl AsyncFnOnce(Accounts<'_>, &str)) {
    let store = Store::open(&app.database_url, Opener::Command).await.unwrap();
    let actor = Doer { name: "command line".to_owned(), ..Doer::default() };
    let id = user(app, "operator").await.id;
    act(Accounts { store: &store, actor, now: app.clock.now() }, &id).await;
}

async fn confirm(actor: &Actor<'_>, password: &str) -> Answer {
    actor.post("/api/confirm-identity", &[("password", password)]).await
}

#[tokio::test]
async fn an_hour_s_wait_ends_with_one_command_while_the_server_runs() {
    let app = TestApp::with(Setup { is_mortal: true, ..Setup::default() }).await;
    for number in 0..105 {
        // From two networks: one may not try so often.
        fail(&attacker(&app, number % 2), "operator", 1).await;
        app.clock.advance(if number < 99 { MINUTE_MS } else { HOUR_MS });
    }
    fail(&attacker(&app, 1), "operator", 1).await;
    assert!(wait(&elsewhere(&app, 1), "operator").await > 3_000, "an hour, less what the machine took");
    let app = app.killed_and_started_again().await;
    assert!(wait(&elsewhere(&app, 1), "operator").await > 3_000, "a restart changes nothing");
    at_command_line(&app, async |accounts, id| accounts.unlock(id).await.unwrap()).await;
    elsewhere(&app, 1).signed_in("operator", PASSWORD).await;
    // It is written down once: the second time there was nothing to end.
    at_command_line(&app, async |accounts, id| accounts.unlock(id).await.unwrap()).await;
    let unlocked: Vec<_> =
        events(&app).await.into_iter().filter(|event| event.action.name() == "user.unlocked").collect();
    assert_eq!(unlocked.len(), 1);
    assert_eq!((unlocked[0].actor.as_str(), unlocked[0].target.as_str()), ("command line", "operator"));
}

#[tokio::test]
async fn an_administrator_sees_that_sign_in_is_locked_and_unlocks_it() {
    let app = TestApp::start().await;
    let (administrator, operator) = (app.actor(Role::Admin).await, app.actor(Role::Operator).await);
    let viewer = user(&app, "viewer").await.id;
    let (page, fields) = (format!("/settings/users/{viewer}"), [("id", viewer.as_str())]);
    let (says, form) = ("Sign-in is locked until ", "action=\"/api/unlock-user\"");
    fail(&attacker(&app, 1), "viewer", 1).await;
    let shown = administrator.get(&page).await.body;
    assert!(!shown.contains(says) && !shown.contains(form), "one failure delays nothing: {shown}");
    let until = app.clock.now().plus_millis(HOUR_MS);
    let millis = until.as_millis();
    let locked = format!("UPDATE sign_in_failures SET wait_until = {millis} WHERE subject LIKE 'account %'");
    app.database().run(&locked).await;
    let shown = administrator.get(&page).await.body;
    let sentence = format!("{says}{} after failed attempts.", until.clock_seconds());
    assert!(shown.contains(&sentence) && shown.contains(form), "{shown}");
    let other = format!("/settings/users/{}", user(&app, "operator").await.id);
    assert!(!administrator.get(&other).await.body.contains(says), "another user isn't locked");

    assert_eq!(operator.post("/api/unlock-user", &fields).await.status, StatusCode::FORBIDDEN);
    assert!(wait(&elsewhere(&app, 1), "viewer").await > 3_000);
    app.clock.advance(10 * MINUTE_MS);
    let asked = administrator.post("/api/unlock-user", &fields).await;
    assert!(asked.location().starts_with("/confirm-identity?next=%2Fsettings%2Fusers%2F"), "{}", asked.location());
    assert!(administrator.get(&page).await.body.contains(&sentence), "nothing was unlocked");

    let administrator = app.actor(Role::Admin).await;
    let unlocked = administrator.post("/api/unlock-user", &fields).await;
    assert_eq!((unlocked.status, unlocked.location()), (StatusCode::SEE_OTHER, &*format!("{page}?done=user-unlocked")));
    let shown = administrator.get(unlocked.location()).await.body;
    assert!(shown.contains("Sign-in unlocked. The delay after failed attempts is cleared."), "{shown}");
    assert!(!shown.contains(says) && !shown.contains(form), "{shown}");
    elsewhere(&app, 1).signed_in("viewer", PASSWORD).await;
    // Where nothing is locked, nothing is recorded.
    administrator.post("/api/unlock-user", &fields).await;
    let events = events_about(&app, "viewer").await.into_iter();
    let unlocked: Vec<_> = events.filter(|event| event.action.name() == "user.unlocked").collect();
    assert_eq!(unlocked.len(), 1);
    assert_eq!((unlocked[0].actor.as_str(), unlocked[0].address.as_str()), ("admin", "127.0.0.1"));
}

#[tokio::test]
async fn passwords_enabling_and_unlocking_end_every_delay_of_the_account_and_no_other() {
    for database in [Kind::Sqlite, Kind::Postgres] {
        let app = TestApp::with(Setup { database, ..Setup::default() }).await;
        let known_here = Actor { address: [198, 51, 100, 7], ..app.anonymous() };
        known_here.signed_in("operator", PASSWORD).await;
        let hash = user(&app, "operator").await.password_hash.unwrap();
        for way in 0..5 {
            // As after a day's attack, at the account and at its own office.
            fail(&attacker(&app, way), "operator", 1).await;
            fail(&known_here, "operator", 1).await;
            fail(&attacker(&app, way), "viewer", 1).await;
            let until = app.clock.now().plus_millis(HOUR_MS).as_millis();
            let locked = format!(
                "UPDATE sign_in_failures SET failures = 105, wait_until = {until} WHERE subject LIKE 'account %'"
            );
            app.database().run(&locked).await;
            for locked_out in [&elsewhere(&app, way), &known_here] {
                assert!(wait(locked_out, "operator").await > 3_000);
            }
            at_command_line(&app, async |accounts, id| match way {
                0 => accounts.unlock(id).await.unwrap(),
                // Whom nobody had disabled is let in all the same.
                1 => accounts.enable(id).await.unwrap(),
                2 => {
                    assert_eq!(accounts.disable(id).await.unwrap(), Outcome::Done(()));
                    accounts.enable(id).await.unwrap();
                }
                3 => assert_eq!(accounts.set_password(id, &hash).await.unwrap(), Outcome::Done(())),
                _ => {
                    let operator = app.store.user(id).await.unwrap().unwrap();
                    let here = app.store.sessions_of(id).await.unwrap().remove(0).id_hash;
                    let set = accounts.set_own_password(&operator, &here, &hash).await.unwrap();
                    assert_eq!(set, Outcome::Done(()));
                }
            })
            .await;
            elsewhere(&app, way).signed_in("operator", PASSWORD).await;
            known_here.signed_in("operator", PASSWORD).await;
            assert!(wait(&elsewhere(&app, 100 + way), "viewer").await > 3_000, "{way}: another account");
            app.database().run("DELETE FROM sign_in_failures").await;
        }
    }
}

#[tokio::test]
async fn failures_to_sign_in_and_to_confirm_an_identity_do_not_count_for_each_other() {
    let app = TestApp::start().await;
    let operator = app.actor_at(Role::Operator, [198, 51, 100, 7]).await;
    let on_another_machine = app.actor_at(Role::Operator, [198, 51, 100, 8]).await;
    // A stranger anywhere, and a colleague in the same office.
    let colleague = Actor { address: [198, 51, 100, 99], ..app.anonymous() };
    for failing in [&attacker(&app, 1), &colleague] {
        fail(failing, "operator", 5).await;
        assert!(wait(failing, "operator").await >= 1);
    }
    let confirmed = confirm(&operator, PASSWORD).await;
    assert_eq!((confirmed.status, problem(&confirmed)), (StatusCode::SEE_OTHER, ""));
    // A thief with the browser, who guesses the password.
    app.database().run("DELETE FROM sign_in_failures").await;
    let thief = Actor { cookie: Some(confirmed.cookie()), ..operator };
    for _ in 0..5 {
        assert_eq!(problem(&confirm(&thief, WRONG).await), "password-wrong");
    }
    assert_eq!(problem(&confirm(&thief, PASSWORD).await), "too-many-failures");
    let changed = [("present_password", PASSWORD), ("new_password", "a new password of mine")];
    assert_eq!(problem(&thief.post("/api/change-password", &changed).await), "too-many-failures");
    for place in [&colleague, &elsewhere(&app, 1)] {
        place.signed_in("operator", PASSWORD).await;
    }
    // Another session; and not even all attempts that the network's strangers have hold it up.
    while app.state.limits.take_request_from([198, 51, 100, 99].into(), true).is_ok() {}
    let confirmed = confirm(&on_another_machine, PASSWORD).await;
    assert_eq!((confirmed.status, problem(&confirmed)), (StatusCode::SEE_OTHER, ""));
}

#[tokio::test]
async fn a_break_glass_account_waits_for_a_minute_at_most() {
    let app = TestApp::start().await;
    at_command_line(&app, async |accounts, _| {
        let new = NewUser {
            name: UserName::parse("emergency").unwrap(),
            role: Role::Admin,
            scope: Scope::everything(),
            is_break_glass: true,
        };
        let hash = user(&app, "admin").await.password_hash.unwrap();
        assert_eq!(accounts.add(new, hash).await.unwrap(), Outcome::Done(()));
    })
    .await;
    for _ in 0..30 {
        fail(&attacker(&app, 1), "emergency", 1).await;
        app.clock.advance(MINUTE_MS);
    }
    fail(&attacker(&app, 1), "emergency", 1).await;
    app.database().run("UPDATE sign_in_failures SET failures = 200 WHERE subject LIKE 'account % from %'").await;
    app.clock.advance(MINUTE_MS);
    fail(&attacker(&app, 1), "emergency", 1).await;
    assert!((30..=60).contains(&wait(&attacker(&app, 1), "emergency").await), "who attacks it waits, and no longer");
    // Nobody else does, however busily one network attacks it.
    elsewhere(&app, 1).signed_in("emergency", PASSWORD).await;
    // Guesses from very many networks keep everyone waiting, but no longer either.
    app.database().run("UPDATE sign_in_failures SET failures = 200 WHERE subject NOT LIKE '% from %'").await;
    fail(&attacker(&app, 2), "emergency", 1).await;
    assert!((1..=60).contains(&wait(&elsewhere(&app, 2), "emergency").await));
    app.clock.advance(MINUTE_MS);
    elsewhere(&app, 2).signed_in("emergency", PASSWORD).await;
}
