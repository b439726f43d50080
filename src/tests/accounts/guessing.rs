//! Passwords that are guessed.

use axum::http::StatusCode;

use super::{WRONG, events, fail, problem, user};
use crate::{
    model::{
        access::{
            identity::Role,
            sign_in_delay::{ACCOUNT, NETWORK},
        },
        time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS},
    },
    server::adapters::store::sign_in_failures,
    tests::{
        database::Kind,
        support::{Actor, PASSWORD, Setup, TestApp},
    },
};

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
    let mut tx = app.store.write().await.unwrap();
    let subject = "account x";
    for _ in 0..100 {
        sign_in_failures::count(&mut tx, subject, ACCOUNT, app.state.clock.now()).await.unwrap();
    }
    tx.commit().await.unwrap();
    let wait = || async { app.store.sign_in_wait(subject).await.unwrap().unwrap() };
    assert!((59 * MINUTE_MS..=HOUR_MS).contains(&wait().await.millis_since(app.state.clock.now())));
    let tomorrow = app.state.clock.now().plus_millis(DAY_MS + HOUR_MS);
    let mut tx = app.store.write().await.unwrap();
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
        let mut tx = app.store.write().await.unwrap();
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
    let mut tx = app.store.write().await.unwrap();
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
