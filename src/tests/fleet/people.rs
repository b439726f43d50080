//! Reads for people: first within a target's budget, and shared fairly.

use axum::http::StatusCode;
use futures_util::future::join_all;
use serde_json::json;

use super::{described, stream_id};
use crate::{
    model::{access::identity::Role, change::Action},
    tests::support::{ACCOUNT, REGION, Setup, TestApp, until},
};

/// A target with this many streams, whose limits AWS enforces.
async fn with_streams(count: u32) -> TestApp {
    let before = vec![
        ("settings", json!({"enforces_rates": true})),
        ("fleet", json!({"account": ACCOUNT, "region": REGION, "count": count})),
    ];
    let app = TestApp::with(Setup { before, ..Setup::default() }).await;
    let last = stream_id(ACCOUNT, REGION, &name(count));
    until(|| async { app.state.inventory.stream(&last) }).await;
    app
}

fn name(number: u32) -> String {
    format!("stream-{number:05}")
}

fn confirmation_of(name: &str) -> String {
    stream_id(ACCOUNT, REGION, name).confirm_path(Action::Disable)
}

#[tokio::test]
async fn many_confirmations_at_once_are_all_read_and_nothing_is_throttled() {
    let app = with_streams(60).await;
    let people = [app.actor(Role::Operator).await, app.actor(Role::Admin).await];
    let opened = (1..=30).map(|number| {
        let person = &people[usize::from(number % 2 == 0)];
        async move { person.get(&confirmation_of(&name(number))).await }
    });
    for answer in join_all(opened).await {
        assert_eq!(answer.status, StatusCode::OK);
        assert!(!answer.body.contains("AWS was not asked"), "{}", answer.body);
    }
    let log = app.call_log().await;
    assert!(log.iter().all(|call| call["outcome"] == "ok"), "AWS throttled nothing");
}

#[tokio::test]
async fn one_person_with_many_requests_keeps_nobody_waiting() {
    others_keep_nobody_waiting_for(&name(60)).await;
}

#[tokio::test]
async fn nor_do_they_keep_anybody_waiting_who_opens_the_same_confirmation() {
    others_keep_nobody_waiting_for(&name(25)).await;
}

/// One person opens 25 confirmations, and then another person the one of this stream.
async fn others_keep_nobody_waiting_for(stream: &str) {
    let app = with_streams(60).await;
    let (busy, other) = (app.actor(Role::Operator).await, app.actor(Role::Admin).await);
    let before = described(&app).await.len();
    let (many, one) = tokio::join!(
        join_all((1..=25).map(|number| {
            let busy = &busy;
            async move { busy.get(&confirmation_of(&name(number))).await.status }
        })),
        async {
            // Once the others wait.
            until(|| async { (described(&app).await.len() > before).then_some(()) }).await;
            let answer = other.get(&confirmation_of(stream)).await;
            (answer.status, described(&app).await.len() - before)
        }
    );
    assert!(many.iter().all(|status| *status == StatusCode::OK), "{many:?}");
    let (status, reads) = one;
    assert_eq!(status, StatusCode::OK);
    assert!(reads <= 15, "read after {reads} others");
}

#[tokio::test]
async fn invented_names_keep_nobody_waiting() {
    let app = with_streams(60).await;
    let (busy, other) = (app.actor(Role::Operator).await, app.actor(Role::Admin).await);
    let before = described(&app).await.len();
    let (invented, read_before) = tokio::join!(
        join_all((0..12).map(|number| {
            let busy = &busy;
            async move { busy.get(&confirmation_of(&format!("invented-{number}"))).await }
        })),
        async {
            until(|| async { (described(&app).await.len() > before).then_some(()) }).await;
            for number in 41..=50 {
                let answer = other.get(&confirmation_of(&name(number))).await;
                assert!(!answer.body.contains("AWS was not asked"), "{}", answer.body);
            }
            described(&app).await[before..].iter().filter(|name| name.starts_with("invented")).count()
        }
    );
    assert!(read_before <= 6, "{read_before} invented names were read before ten of another person");
    // One a second was read, and the rest not at all.
    let refused = invented.iter().filter(|answer| answer.body.contains("AWS was not asked")).count();
    let not_found = invented.iter().filter(|answer| answer.status == StatusCode::NOT_FOUND).count();
    assert_eq!(refused + not_found, 12);
    assert!(not_found >= 1 && refused >= 5, "{not_found} not found, {refused} not read");
}
