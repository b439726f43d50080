//! What is read first, and how trouble and throttling are kept apart.

use std::{collections::HashSet, time::Duration};

use axum::http::StatusCode;
use serde_json::json;
use tokio::time::Instant;

use super::{OTHER_ACCOUNT, described, health_of, health_when, is_known, stream_id, three};
use crate::{
    model::{
        access::{identity::Role, scope::Scope},
        inventory::Condition,
        stream::{Digest, encryption::EncryptionState},
    },
    tests::support::{ACCOUNT, REGION, Setup, TestApp, until},
    view::target_health,
};

#[tokio::test]
async fn what_somebody_looks_at_is_read_first_and_nothing_is_read_faster_than_a_quarter() {
    let fleet = vec![
        ("settings", json!({"enforces_rates": true})),
        ("fleet", json!({"account": ACCOUNT, "region": REGION, "count": 250})),
    ];
    let app = TestApp::with(Setup { before: fleet, ..Setup::default() }).await;
    let begun = Instant::now();
    // The last page of the list, of which nobody has heard yet.
    let viewer = app.actor(Role::Viewer).await;
    let last = stream_id(ACCOUNT, REGION, "stream-00250");
    until(|| async { app.state.inventory.stream(&last) }).await;
    let seen_before = described(&app).await.len();
    let page = viewer.get("/streams?q=stream-00&sort=-name&per=25").await.body;
    assert!(page.contains("stream-00250") && page.contains("stream-00226"), "{page}");
    is_known(&app, &last).await;
    let looked_at: HashSet<String> = (226..=250).map(|number| format!("stream-{number:05}")).collect();
    until(|| async { (described(&app).await.len() >= seen_before + 28).then_some(()) }).await;
    let order = described(&app).await;
    let among = order[seen_before..seen_before + 28].iter().filter(|name| looked_at.contains(*name)).count();
    assert!(among >= 25, "all of the page within 28 reads, not {among}: {order:?}");
    // Five a second, and the few that the first moments allow.
    let most = begun.elapsed().as_secs_f64() * 5.0 + 2.0;
    #[expect(clippy::cast_precision_loss, reason = "some hundred")]
    let reads = described(&app).await.len() as f64;
    assert!(reads <= most, "{reads} reads, at most {most}");
    let log = app.call_log().await;
    assert!(log.iter().all(|call| call["outcome"] == "ok"), "AWS throttled nothing");
}

#[tokio::test]
async fn viewers_cost_no_calls() {
    let app = TestApp::start().await;
    until(|| async { Some(health_of(&app, 0)).filter(|health| health.unread == 0 && health.streams == 14) }).await;
    until(|| async { (app.calls("GetResources").await > 0).then_some(()) }).await;
    // KMS is asked for the keys in use every few minutes, whoever looks.
    let of_kinesis = async || app.call_log().await.iter().filter(|call| call["operation"] != "DescribeKey").count();
    let before = of_kinesis().await;
    let begun = Instant::now();
    let viewer = app.actor(Role::Viewer).await;
    let rows: Vec<Digest> = app.state.inventory.rows(&Scope::everything()).iter().map(|row| row.id.digest()).collect();
    for index in 0..40 {
        assert_eq!(viewer.get(&format!("/streams?page={index}&q=o")).await.status, StatusCode::OK);
        let view = app.state.inventory.mark_viewed_ids(rows.iter().copied(), &Scope::everything());
        assert!(view.has(&stream_id(ACCOUNT, REGION, "orders-prod")));
    }
    let after = of_kinesis().await;
    // All rows were read within the last 30 s; at most a listing fell into the time.
    assert!(begun.elapsed() < Duration::from_secs(20), "too slow to tell");
    assert!(after - before <= 1, "{} calls", after - before);
}

#[tokio::test]
async fn a_target_in_trouble_leaves_the_others_and_the_server_alone() {
    let holes = ["ListStreams", "DescribeStreamSummary", "GetResources"].map(|operation| {
        (
            "faults",
            json!({
                "operation": operation, "account": OTHER_ACCOUNT, "region": REGION, "times": 100_000,
                "fault": "black-hole",
            }),
        )
    });
    let message = "not authorized to perform: kinesis:DescribeStreamSummary on resource: \
        arn:aws:kinesis:eu-central-1:444455556666:stream/secret-name";
    let denied = json!({
        "operation": "DescribeStreamSummary", "account": OTHER_ACCOUNT, "region": "eu-central-1", "times": 100_000,
        "fault": {"refuse": {"code": "AccessDeniedException", "message": message}},
    });
    let mut before = holes.to_vec();
    before.push(("faults", denied));
    let begun = Instant::now();
    let app = TestApp::with(Setup { targets: Some(three), before, ..Setup::default() }).await;
    let well = health_when(&app, 0, |health| health.unread == 0 && health.streams == 14).await;
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(20), "14 reads at five a second took {took:?}");
    assert_eq!((well.condition(), well.problem), (Condition::Well, None));
    let dead = health_when(&app, 1, |health| health.problem.is_some()).await;
    assert_eq!(dead.problem.as_ref().unwrap().why, "AWS did not answer in time");
    let denied = health_when(&app, 2, |health| health.problem.is_some()).await;
    let why = denied.problem.clone().unwrap().why;
    assert_eq!(why, "AWS refused the read: AccessDeniedException");
    let words = target_health::sentence(&denied);
    assert!(
        words.contains("its streams can't be read: AWS refused the read: AccessDeniedException. Never read."),
        "{words}"
    );
    assert!(!why.contains("secret-name"), "a target's health names streams that not everybody may see: {why}");
    assert!(denied.last_listed.is_some() && denied.streams == 7 && denied.unread == 7);
    let viewer = app.actor(Role::Viewer).await;
    assert_eq!(app.anonymous().get("/readyz").await.status, StatusCode::OK, "AWS does not count");
    let page = viewer.get("/streams").await.body;
    assert!(page.contains("444455556666 eu-west-1") && page.contains("AWS did not answer in time"), "{page}");
    let row = app.state.inventory.stream(&stream_id(OTHER_ACCOUNT, "eu-central-1", "consent-changes")).unwrap().0;
    assert_eq!(row.encryption, EncryptionState::Unknown, "what cannot be read is not \u{201c}not encrypted\u{201d}");
    let settings = viewer.get("/settings").await.body;
    assert!(settings.contains("Has been behind since") && settings.contains("Next try"), "{settings}");
}

#[tokio::test]
async fn a_throttle_slows_the_target_and_keeps_what_is_known() {
    let app = TestApp::start().await;
    let orders = app.known("orders-prod").await;
    let throttled = json!({"operation": "DescribeStreamSummary", "times": 2,
        "fault": {"refuse": {"code": "LimitExceededException", "message": "Rate exceeded for account 111122223333."}}});
    app.control("faults", throttled).await;
    let slowed = health_when(&app, 0, |health| health.pace_percent < 100).await;
    assert_eq!(slowed.condition(), Condition::Slowed);
    let words = target_health::sentence(&slowed);
    assert!(words.contains("% of its budget"), "{words}");
    let rows = app.state.inventory.rows(&Scope::everything());
    assert!(rows.iter().all(|row| row.read_at.is_some() || row.encryption == EncryptionState::Unknown));
    let failed = rows.iter().find(|row| row.problem.is_some());
    assert!(failed.is_none_or(|row| row.problem.as_ref().unwrap().why == "AWS is throttling reads"));
    assert_eq!(app.state.inventory.stream(&orders).unwrap().0.encryption, EncryptionState::Encrypted);
}
