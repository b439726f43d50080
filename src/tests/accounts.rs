//! Users: how failed passwords keep the next one waiting, what administrators do, and the account for emergencies.

use axum::http::StatusCode;

use super::{
    database::Kind,
    support::{Actor, Answer, PASSWORD, Setup, TestApp},
};
use crate::{
    model::{
        access::{
            credentials::UserName,
            identity::Role,
            scope::Scope,
            sign_in_delay::{ACCOUNT, NETWORK},
        },
        forms::FormMistake,
        time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS},
    },
    server::{
        adapters::{
            clock::{Clock, SystemClock},
            store::{Opener, Store, User, sign_in_failures},
        },
        services::{
            accounts::{AccountError, Accounts, NewUser},
            audit::{Actor as Doer, AuditEvent},
        },
    },
};

const WRONG: &str = "wrong wrong wrong wrong";

/// What the sign-in page was led to with; empty after a sign-in.
fn problem(answer: &Answer) -> &str {
    answer.location().split("problem=").nth(1).map_or("", |rest| rest.split('&').next().unwrap())
}

async fn fail(actor: &Actor<'_>, user: &str, times: usize) {
    for _ in 0..times {
        let answer = actor.sign_in(user, WRONG).await;
        assert_eq!(problem(&answer), "sign-in-failed", "{}", answer.location());
    }
}

/// Every event of the chain, oldest first.
async fn events(app: &TestApp) -> Vec<AuditEvent> {
    app.state.store.audit_rows(i64::MIN, 10_000).await.unwrap().into_iter().map(|row| row.event).collect()
}

async fn user(app: &TestApp, name: &str) -> User {
    app.state.store.user_by_name(&UserName::parse(name).unwrap()).await.unwrap().unwrap()
}

#[tokio::test]
async fn failed_passwords_keep_the_next_one_waiting_and_the_right_one_too() {
    let app = TestApp::start().await;
    let stranger = app.anonymous();
    fail(&stranger, "operator", 5).await;
    // 1 s after the fifth, then twice as long each time, to a minute.
    for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
        let refused = stranger.sign_in("Operator", PASSWORD).await;
        assert_eq!((refused.status, problem(&refused)), (StatusCode::SEE_OTHER, "too-many-failures"));
        let by_wasm = stranger.call("/api/sign-in", &[("user_name", "operator"), ("password", PASSWORD)]).await;
        assert_eq!(
            (by_wasm.status, by_wasm.body.as_str()),
            (StatusCode::TOO_MANY_REQUESTS, &*format!("{{\"TooOften\":{{\"seconds\":{seconds}}}}}"))
        );
        app.clock.advance(seconds * SECOND_MS);
        fail(&stranger, "operator", 1).await;
    }
    let page = stranger.get(stranger.sign_in("operator", PASSWORD).await.location()).await.body;
    assert!(page.contains("Too many failed attempts") && page.contains("value=\"operator\""), "{page}");
    assert!(page.contains("<p>Wait until ") && page.contains(" before you try again."), "{page}");
    app.clock.advance(MINUTE_MS);
    let operator = stranger.signed_in("operator", PASSWORD).await;
    assert_eq!(operator.get("/streams").await.status, StatusCode::OK);
    fail(&stranger, "operator", 5).await;
    let others = events(&app).await;
    let refused: Vec<_> = others.iter().filter(|event| event.action.name() == "session.refused").collect();
    assert!(refused.iter().all(|event| event.target == "operator" && event.address == "127.0.0.1"));
    assert!(refused.iter().any(|event| event.result == "too many failed attempts; 60 s to wait"), "{refused:?}");
}

#[tokio::test]
async fn after_a_hundred_failures_one_attempt_an_hour_is_left() {
    let app = TestApp::start().await;
    let mut tx = app.state.store.write().await.unwrap();
    let subject = "account x";
    for _ in 0..100 {
        sign_in_failures::count(&mut tx, subject, ACCOUNT, app.state.clock.now()).await.unwrap();
    }
    tx.commit().await.unwrap();
    let wait = || async { app.state.store.sign_in_wait(subject).await.unwrap().unwrap() };
    assert!((59 * MINUTE_MS..=HOUR_MS).contains(&wait().await.millis_since(app.state.clock.now())));
    let tomorrow = app.state.clock.now().plus_millis(DAY_MS + HOUR_MS);
    let mut tx = app.state.store.write().await.unwrap();
    sign_in_failures::count(&mut tx, subject, ACCOUNT, tomorrow).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(wait().await, tomorrow, "a day later they are forgotten: nothing to wait for");
}

#[tokio::test]
async fn who_there_is_shows_in_no_answer() {
    let app = TestApp::start().await;
    let administrator = app.actor(Role::Admin).await;
    let id = user(&app, "viewer").await.id;
    assert_eq!(administrator.post("/api/disable-user", &[("id", &id)]).await.status, StatusCode::SEE_OTHER);
    let stranger = Actor { address: [203, 0, 113, 9], ..app.anonymous() };
    let mut answers = Vec::new();
    for name in ["operator", "viewer", "nobody"] {
        let mut seen = Vec::new();
        for _ in 0..7 {
            let answer = stranger.sign_in(name, WRONG).await;
            assert!(!answer.headers.contains_key("set-cookie"));
            seen.push((answer.status, problem(&answer).to_owned()));
        }
        answers.push(seen);
    }
    assert_eq!(answers[0], answers[1], "disabled");
    assert_eq!(answers[0], answers[2], "unknown");
    assert_eq!(answers[0][6].1, "too-many-failures");
    let refused: Vec<_> = events(&app)
        .await
        .into_iter()
        .filter(|event| event.action.name() == "session.refused")
        .map(|event| event.target)
        .collect();
    assert!(!refused.contains(&"nobody".to_owned()) && refused.contains(&"unknown user".to_owned()), "{refused:?}");
}

#[tokio::test]
async fn neither_a_restart_nor_another_instance_forgets_and_many_names_push_nothing_out() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let app = TestApp::with(Setup { is_mortal: true, database: kind, ..Setup::default() }).await;
        fail(&app.anonymous(), "operator", 5).await;
        fail(&app.anonymous(), "nobody", 5).await;
        // What spraying 5,000 names leaves, each from a network of its own.
        let mut tx = app.state.store.write().await.unwrap();
        for number in 0..5_000 {
            sign_in_failures::count(&mut tx, &format!("account sprayed{number}"), ACCOUNT, app.state.clock.now())
                .await
                .unwrap();
            sign_in_failures::count(&mut tx, &format!("network sprayed{number}"), NETWORK, app.state.clock.now())
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        let app = app.killed_and_started_again().await;
        for name in ["operator", "nobody"] {
            // Whatever time the restart took: the sixth failure is counted as the sixth.
            app.clock.advance(MINUTE_MS);
            let sixth = app.anonymous().sign_in(name, WRONG).await;
            assert_eq!(problem(&sixth), "sign-in-failed");
            let by_wasm = app.anonymous().call("/api/sign-in", &[("user_name", name), ("password", PASSWORD)]).await;
            assert_eq!(by_wasm.body, "{\"TooOften\":{\"seconds\":2}}", "{kind:?} {name}");
        }
        if kind == Kind::Postgres {
            for _ in 0..5 {
                app.clock.advance(MINUTE_MS);
                fail(&app.anonymous(), "operator", 1).await;
            }
            let other = app.another().await;
            let refused = other.anonymous().sign_in("operator", PASSWORD).await;
            assert_eq!(problem(&refused), "too-many-failures", "at another instance");
        }
    }
}

#[tokio::test]
async fn many_guesses_at_once_are_not_more_than_one_after_the_other() {
    let app = TestApp::start().await;
    let guesses = (0..40).map(|number| {
        let app = &app;
        async move { app.anonymous().sign_in("operator", &format!("a wrong password {number}")).await }
    });
    let answers = futures_util::future::join_all(guesses).await;
    let looked_at = answers.iter().filter(|answer| problem(answer) == "sign-in-failed").count();
    let refused = answers.iter().filter(|answer| problem(answer) == "too-many-failures").count();
    // Hashing takes its time: the wait of a second may be over once or twice meanwhile.
    assert!((5..=8).contains(&looked_at) && looked_at + refused == 40, "{looked_at} looked at, {refused} refused");
}

#[tokio::test]
async fn many_who_know_the_password_get_in_at_once() {
    let app = TestApp::start().await;
    let sign_ins = (0..20).map(|_| async { app.anonymous().signed_in("operator", PASSWORD).await });
    for operator in futures_util::future::join_all(sign_ins).await {
        assert_eq!(operator.get("/streams").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn nobody_gets_in_with_a_password_that_was_taken_away_meanwhile() {
    let app = TestApp::start().await;
    let id = user(&app, "viewer").await.id;
    for damage in ["UPDATE users SET password_hash = 'other'", "UPDATE users SET disabled_at = 1"] {
        let before = user(&app, "viewer").await;
        // The row changes after it was read: a trigger on what the attempt writes just before its session begins.
        fail(&app.anonymous(), "viewer", 1).await;
        let trigger =
            format!("CREATE TRIGGER meanwhile AFTER DELETE ON sign_in_failures BEGIN {damage} WHERE id = '{id}'; END");
        app.database().run(&trigger).await;
        let answer = app.anonymous().sign_in("viewer", PASSWORD).await;
        assert!(!answer.headers.contains_key("set-cookie"), "{damage}: {} {}", answer.status, answer.location());
        app.database().run("DROP TRIGGER meanwhile").await;
        let hash = before.password_hash.unwrap();
        app.database()
            .run(&format!("UPDATE users SET password_hash = '{hash}', disabled_at = NULL WHERE id = '{id}'"))
            .await;
        app.anonymous().signed_in("viewer", PASSWORD).await;
    }
}

#[tokio::test]
async fn strangers_elsewhere_keep_nobody_out_who_has_signed_in_here_before() {
    let app = TestApp::start().await;
    let office = app.actor_at(Role::Operator, [198, 51, 100, 7]).await;
    assert_eq!(office.get("/streams").await.status, StatusCode::OK);
    let attacker = Actor { address: [203, 0, 113, 9], ..app.anonymous() };
    fail(&attacker, "operator", 5).await;
    assert_eq!(problem(&attacker.sign_in("operator", PASSWORD).await), "too-many-failures");
    let elsewhere = Actor { address: [192, 0, 2, 1], ..app.anonymous() };
    assert_eq!(
        problem(&elsewhere.sign_in("operator", PASSWORD).await),
        "too-many-failures",
        "by account, wherever it comes from"
    );
    let neighbour = Actor { address: [198, 51, 100, 99], ..app.anonymous() };
    neighbour.signed_in("operator", PASSWORD).await;
    // But the office's own failures count there.
    fail(&neighbour, "operator", 5).await;
    assert_eq!(problem(&neighbour.sign_in("operator", PASSWORD).await), "too-many-failures");
}

#[tokio::test]
async fn a_network_that_tries_one_password_on_everybody_waits_too() {
    let app = TestApp::start().await;
    let mut tx = app.state.store.write().await.unwrap();
    for _ in 0..99 {
        sign_in_failures::count(&mut tx, "network 203.0.113.0/24", NETWORK, app.state.clock.now()).await.unwrap();
    }
    tx.commit().await.unwrap();
    let attacker = Actor { address: [203, 0, 113, 9], ..app.anonymous() };
    fail(&attacker, "nobody1", 1).await;
    let neighbour = Actor { address: [203, 0, 113, 200], ..app.anonymous() };
    assert_eq!(problem(&neighbour.sign_in("viewer", PASSWORD).await), "too-many-failures");
    app.anonymous().signed_in("viewer", PASSWORD).await;
    app.clock.advance(SECOND_MS);
    neighbour.signed_in("viewer", PASSWORD).await;
    // Who has signed in from there is not held up by it any more: not at the next sign-in, and not at a confirmation.
    fail(&attacker, "nobody2", 1).await;
    assert_eq!(problem(&neighbour.sign_in("operator", PASSWORD).await), "too-many-failures");
    let viewer = neighbour.signed_in("viewer", PASSWORD).await;
    let confirmed = viewer.post("/api/confirm-identity", &[("password", PASSWORD)]).await;
    assert_eq!((confirmed.status, problem(&confirmed)), (StatusCode::SEE_OTHER, ""));
}

#[tokio::test]
async fn an_administrator_adds_users_and_changes_them() {
    let app = TestApp::start().await;
    let administrator = app.actor(Role::Admin).await;
    let new = |name: &'static str, role: &'static str, scope: &'static str, password: &'static str| {
        let administrator = &administrator;
        async move {
            let fields = [("user_name", name), ("role", role), ("scope", scope), ("password", password)];
            administrator.post("/api/add-user", &fields).await
        }
    };
    for (name, role, scope, password, expected) in [
        ("mi ra", "operator", "*", PASSWORD, "user-name-invalid"),
        ("viewer", "operator", "*", PASSWORD, "user-name-taken"),
        ("VIEWER", "operator", "*", PASSWORD, "user-name-taken"),
        ("Keystream", "operator", "*", PASSWORD, "user-name-taken"),
        ("mira", "root", "*", PASSWORD, "role-missing"),
        ("mira", "", "*", PASSWORD, "role-missing"),
        ("mira", "operator", "orders-*", PASSWORD, "scope-invalid"),
        ("mira", "operator", "", PASSWORD, "scope-invalid"),
        ("mira", "operator", "*", "short", "password-length"),
        ("mira", "operator", "*", "passwordpassword", "password-common"),
    ] {
        let answer = new(name, role, scope, password).await;
        assert_eq!((answer.status, problem(&answer)), (StatusCode::SEE_OTHER, expected), "{name} {role} {scope}");
        let page = administrator.get(answer.location()).await.body;
        assert!(
            page.contains(&format!("value=\"{name}\"")) && page.contains(&format!("value=\"{scope}\"")),
            "what was typed is kept: {page}"
        );
        assert!(!page.contains(password) || password.is_empty(), "but no password");
    }
    assert_eq!(app.state.store.users().await.unwrap().len(), 4);
    let added = new("mira", "operator", "111122223333/eu-west-1/orders-*", PASSWORD).await;
    assert_eq!((added.status, added.location()), (StatusCode::SEE_OTHER, "/settings/users?done=user-added"));
    let mira = app.anonymous().signed_in("mira", PASSWORD).await;
    let id = user(&app, "mira").await.id;
    let page = administrator.get(&format!("/settings/users/{id}")).await.body;
    assert!(page.contains("<h1>mira<") && page.contains("value=\"111122223333/eu-west-1/orders-*\""), "{page}");

    // A role counts from the next request on.
    let path = "/streams/111122223333/eu-west-1/orders-prod/disable";
    app.known("orders-prod").await;
    assert_eq!(mira.get(path).await.status, StatusCode::OK);
    let set = administrator.post("/api/set-user-rights", &[("id", &id), ("role", "viewer"), ("scope", "*")]).await;
    assert_eq!(set.location(), format!("/settings/users/{id}?done=rights-saved"));
    assert!(administrator.get(set.location()).await.body.contains("Role and streams saved."));
    assert_eq!(mira.get(path).await.status, StatusCode::FORBIDDEN);
    // A password ends the sessions.
    administrator.post("/api/set-user-password", &[("id", &id), ("password", "another password of mira's")]).await;
    assert_eq!(mira.get("/streams").await.status, StatusCode::SEE_OTHER);
    assert_eq!(problem(&mira.sign_in("mira", PASSWORD).await), "sign-in-failed");
    let mira = app.anonymous().signed_in("mira", "another password of mira's").await;
    // Disabled, and back.
    administrator.post("/api/disable-user", &[("id", &id)]).await;
    assert_eq!(mira.get("/streams").await.status, StatusCode::SEE_OTHER);
    assert_eq!(problem(&mira.sign_in("mira", "another password of mira's").await), "sign-in-failed");
    administrator.post("/api/enable-user", &[("id", &id)]).await;
    app.anonymous().signed_in("mira", "another password of mira's").await;

    let about_mira: Vec<_> =
        events(&app).await.into_iter().filter(|event| event.target == "mira" && event.actor == "admin").collect();
    let told: Vec<_> =
        about_mira.iter().map(|event| (event.action.name(), event.before.as_str(), event.after.as_str())).collect();
    assert_eq!(
        told,
        [
            ("user.added", "", "operator, scope 111122223333/eu-west-1/orders-*"),
            ("user.rights-set", "operator, scope 111122223333/eu-west-1/orders-*", "viewer, scope *"),
            ("user.password-set", "", ""),
            ("user.disabled", "active", "disabled"),
            ("user.enabled", "disabled", "active"),
        ]
    );
    assert!(about_mira.iter().all(|event| event.address == "127.0.0.1"));
}

#[tokio::test]
async fn nobody_is_left_without_an_administrator() {
    let app = TestApp::start().await;
    let administrator = app.actor(Role::Admin).await;
    let id = user(&app, "admin").await.id;
    let demoted = administrator.post("/api/set-user-rights", &[("id", &id), ("role", "viewer"), ("scope", "*")]).await;
    assert_eq!(problem(&demoted), "last-admin");
    let disabled = administrator.post("/api/disable-user", &[("id", &id)]).await;
    assert_eq!(problem(&disabled), "last-admin");
    assert!(
        administrator.get(disabled.location()).await.body.contains("This would leave nobody to administer Keystream.")
    );
    let other = user(&app, "viewer").await.id;
    administrator.post("/api/set-user-rights", &[("id", &other), ("role", "admin"), ("scope", "*")]).await;
    administrator.post("/api/disable-user", &[("id", &id)]).await;
    assert_eq!(administrator.get("/streams").await.status, StatusCode::SEE_OTHER, "two were enough");
}

#[tokio::test]
async fn who_changes_the_own_password_stays_signed_in_here_only() {
    let app = TestApp::start().await;
    let here = app.actor(Role::Viewer).await;
    let elsewhere = app.actor(Role::Viewer).await;
    let change = |present: &'static str, new: &'static str| {
        let here = &here;
        async move { here.post("/api/change-password", &[("present_password", present), ("new_password", new)]).await }
    };
    for (present, new, expected) in [
        (WRONG, "a new password of mine", "password-wrong"),
        (PASSWORD, "short", "password-length"),
        (PASSWORD, "viewer-viewer-viewer", "password-common"),
    ] {
        let answer = change(present, new).await;
        assert_eq!((problem(&answer), answer.headers.contains_key("set-cookie")), (expected, false), "{new}");
        assert!(here.get(answer.location()).await.body.contains("role=\"alert\""), "{new}");
    }
    let changed = change(PASSWORD, "a new password of mine").await;
    assert_eq!((changed.status, changed.location()), (StatusCode::SEE_OTHER, "/settings?done=password-changed"));
    let still_here = Actor { cookie: Some(changed.cookie()), ..here };
    assert_ne!(still_here.cookie, here.cookie, "another id");
    assert_eq!(still_here.get("/streams").await.status, StatusCode::OK);
    assert_eq!(here.get("/streams").await.status, StatusCode::SEE_OTHER, "the former id is dead");
    assert_eq!(elsewhere.get("/streams").await.status, StatusCode::SEE_OTHER);
    app.anonymous().signed_in("viewer", "a new password of mine").await;
}

#[tokio::test]
async fn fields_that_a_form_does_not_have_change_nothing() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    let own = user(&app, "viewer").await;
    let fields = [
        ("present_password", PASSWORD),
        ("new_password", "a new password of mine"),
        ("id", &user(&app, "admin").await.id),
        ("user_id", &user(&app, "admin").await.id),
        ("role", "admin"),
        ("scope", "*"),
        ("is_break_glass", "1"),
    ];
    assert_eq!(viewer.post("/api/change-password", &fields).await.location(), "/settings?done=password-changed");
    let after = user(&app, "viewer").await;
    assert_eq!((after.role, after.is_break_glass, after.scope), (own.role, false, own.scope));
    app.anonymous().signed_in("admin", PASSWORD).await;
    let sign_in = [
        ("user_name", "viewer"),
        ("password", "a new password of mine"),
        ("role", "admin"),
        ("user_id", "x"),
        ("sudo_until", "1"),
    ];
    let answer = app.anonymous().post("/api/sign-in", &sign_in).await;
    let smuggler = Actor { cookie: Some(answer.cookie()), ..app.anonymous() };
    assert_eq!(smuggler.get("/settings/users").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_account_for_emergencies_is_announced_to_everybody() {
    let app = TestApp::start().await;
    let administrator = app.actor(Role::Admin).await;
    let fields = [
        ("user_name", "emergency"),
        ("role", "admin"),
        ("scope", "*"),
        ("password", PASSWORD),
        ("for_emergencies", "yes"),
    ];
    assert_eq!(administrator.post("/api/add-user", &fields).await.location(), "/settings/users?done=user-added");
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
    assert_eq!(app.state.store.users().await.unwrap().len(), 4);
}

#[tokio::test]
async fn the_first_administrator_is_written_down_and_never_called_like_the_server() {
    let directory = tempfile::tempdir().unwrap();
    let store =
        Store::open(&format!("sqlite://{}", directory.path().join("k.db").display()), Opener::Command).await.unwrap();
    let actor = Doer { name: "setup link".to_owned(), ..Doer::default() };
    let accounts = Accounts { store: &store, actor, now: SystemClock.now() };
    let new = |name: &str| NewUser {
        name: UserName::parse(name).unwrap(),
        role: Role::Admin,
        scope: Scope::everything(),
        is_break_glass: false,
    };
    for name in ["keystream", "KEYSTREAM"] {
        let refused = accounts.add(new(name), "phc".to_owned()).await.unwrap_err();
        assert!(matches!(refused, AccountError::Mistake(FormMistake::UserNameTaken)), "{refused}");
    }
    accounts.add(new("first"), "phc".to_owned()).await.unwrap();
    let rows = store.audit_rows(0, 10).await.unwrap();
    let told: Vec<_> =
        rows.iter().map(|row| (row.event.actor.as_str(), row.event.action.name(), row.event.after.as_str())).collect();
    assert_eq!(told, [("setup link", "user.added", "admin, scope *")]);
}
