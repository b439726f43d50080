//! Problems that AWS, or something in between, can cause for reads: each is reported where it occurs, affects nothing
//! else, and claims no state that AWS didn't report.

use std::collections::HashSet;

use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::time::{Duration, sleep};

use super::{
    fleet::{OTHER_ACCOUNT, health_of, health_when, stream_id, target},
    support::{ACCOUNT, REGION, Setup, TestApp, until},
};
use crate::{
    model::{
        access::{identity::Role, scope::Scope},
        inventory::{Condition, StreamRow},
        stream::encryption::EncryptionState,
    },
    server::{
        adapters::{aws::ListedStream, clock::Clock},
        config::TargetSettings,
    },
    view::target_health,
};

fn refused(operation: &str, account: &str, times: u32, code: &str) -> (&'static str, Value) {
    let fault = json!({"refuse": {"code": code, "message": "in a test"}});
    ("faults", json!({"operation": operation, "account": account, "times": times, "fault": fault}))
}

fn once(operation: &str, fault: &str) -> (&'static str, Value) {
    ("faults", json!({"operation": operation, "fault": fault}))
}

fn two(simulator: &str) -> Vec<TargetSettings> {
    vec![target(simulator, ACCOUNT, REGION), target(simulator, OTHER_ACCOUNT, REGION)]
}

fn rows(app: &TestApp) -> Vec<StreamRow> {
    app.state.inventory.rows(&Scope::everything())
}

fn problems(app: &TestApp) -> Vec<String> {
    rows(app).into_iter().filter_map(|row| row.problem.map(|problem| problem.why)).collect()
}

#[tokio::test]
async fn a_region_that_is_not_enabled_is_one_targets_trouble_since_its_first_failure() {
    let code = "UnrecognizedClientException";
    let before = ["ListStreams", "DescribeStreamSummary", "GetResources"]
        .map(|operation| refused(operation, OTHER_ACCOUNT, 10_000, code));
    let app = TestApp::with(Setup { targets: Some(two), before: before.to_vec(), ..Setup::default() }).await;
    let first = health_when(&app, 1, |health| health.problem.is_some()).await.problem.unwrap();
    assert_eq!(
        first.why,
        "AWS does not recognize the credentials in this Region: UnrecognizedClientException (in a test). Either they \
        are wrong, or the Region is not enabled for this account"
    );
    let again = health_when(&app, 1, |health| {
        health.problem.as_ref().is_some_and(|problem| problem.next_listing > first.next_listing)
    })
    .await;
    let again = again.problem.unwrap();
    assert_eq!((again.since, &again.why), (first.since, &first.why), "it is behind since it first failed");
    health_when(&app, 0, |health| health.condition() == Condition::Well && health.unread == 0).await;
    assert!(
        rows(&app).iter().all(|row| row.id.account.as_str() == ACCOUNT),
        "nothing is made up of what was never listed"
    );
}

#[tokio::test]
async fn credentials_that_expire_in_mid_sweep_are_told_and_recovered_from() {
    let times = 4;
    let app = TestApp::with(Setup {
        before: vec![refused("DescribeStreamSummary", ACCOUNT, times, "ExpiredTokenException")],
        ..Setup::default()
    });
    let app = app.await;
    let behind = health_when(&app, 0, |health| health.problem.is_some()).await;
    assert!(
        target_health::sentence(&behind).contains(
            "its streams can't be read: the credentials expired: ExpiredTokenException. Renewed ones are picked up \
            within a minute."
        ),
        "{}",
        target_health::sentence(&behind)
    );
    assert_eq!(behind.problem.unwrap().next_listing, None, "the listing works");
    health_when(&app, 0, |health| health.problem.is_none() && health.unread == times).await;
    let failed: Vec<StreamRow> = rows(&app).into_iter().filter(|row| row.problem.is_some()).collect();
    assert_eq!(failed.len(), times as usize, "those that were asked for in that moment: {failed:?}");
    assert!(failed.iter().all(|row| row.encryption == EncryptionState::Unknown && row.read_at.is_none()), "{failed:?}");
}

#[tokio::test]
async fn a_storm_of_throttles_slows_a_target_down_and_loses_nothing() {
    let mut storm = refused("DescribeStreamSummary", ACCOUNT, 7, "LimitExceededException");
    storm.1["every"] = json!(2);
    let app = TestApp::with(Setup { before: vec![storm], ..Setup::default() }).await;
    let slowed = health_when(&app, 0, |health| health.pace_percent < 100).await;
    assert!(
        matches!(slowed.condition(), Condition::Slowed | Condition::Waiting),
        "throttled is not behind: {slowed:?}"
    );
    let whole = health_when(&app, 0, |health| health.unread == 0 && health.streams == 14).await;
    assert_eq!(whole.problem, None);
    assert!(problems(&app).is_empty(), "{:?}", problems(&app));
    let log = app.call_log().await;
    let refused = log
        .iter()
        .filter(|call| call["operation"] == "DescribeStreamSummary" && call["outcome"] == "LimitExceededException");
    assert_eq!(refused.count(), 7, "half of the first fourteen");
}

#[tokio::test]
async fn a_proxys_page_and_half_an_answer_are_no_states() {
    let mut before = Vec::new();
    for operation in ["ListStreams", "DescribeStreamSummary", "GetResources"] {
        before.extend([once(operation, "html"), once(operation, "half-body")]);
    }
    let app = TestApp::with(Setup { before, ..Setup::default() }).await;
    let behind = health_when(&app, 0, |health| health.problem.is_some()).await;
    let why = behind.problem.unwrap().why;
    assert!(why.starts_with("AWS's answer (HTTP 200) could not be read"), "{why}");
    let well =
        health_when(&app, 0, |health| health.problem.is_none() && health.streams == 14 && health.unread == 2).await;
    assert!(well.tags_problem.is_some(), "{well:?}");
    let told = problems(&app);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|why| why.contains("could not be read") || why.contains("broke")), "{told:?}");
    let unread: Vec<StreamRow> = rows(&app).into_iter().filter(|row| row.problem.is_some()).collect();
    assert!(unread.iter().all(|row| row.encryption == EncryptionState::Unknown), "{unread:?}");
}

#[tokio::test]
async fn a_stream_that_is_deleted_between_its_listing_and_its_read_is_not_found() {
    let held = json!({"operation": "DescribeStreamSummary", "stream": "orders-prod", "fault": {"delay-ms": 1_500}});
    let app = TestApp::with(Setup { before: vec![("faults", held)], ..Setup::default() }).await;
    let orders = stream_id(ACCOUNT, REGION, "orders-prod");
    until(|| async { app.state.inventory.stream(&orders).map(drop) }).await;
    app.control("streams", json!({"account": ACCOUNT, "region": REGION, "name": "orders-prod", "delete": true})).await;
    let row =
        until(|| async { app.state.inventory.stream(&orders).map(|(row, _)| row).filter(|row| row.problem.is_some()) })
            .await;
    assert_eq!(row.problem.unwrap().why, "AWS does not find the stream");
    assert_eq!((row.encryption, row.read_at), (EncryptionState::Unknown, None));
    assert_eq!(health_of(&app, 0).problem, None, "one stream that is not there says nothing of its target");
}

#[tokio::test]
async fn a_row_whose_read_failed_is_last_known_at_once() {
    let app = TestApp::start().await;
    let orders = app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    assert!(!operator.get("/streams?q=orders-prod").await.body.contains("class=\"age stale\""));
    app.control(
        "faults",
        json!({"operation": "DescribeStreamSummary", "stream": "orders-prod", "times": 100, "fault": "drop-request"}),
    )
    .await;
    // The confirmation makes its own read.
    operator.get(&format!("{}/disable", orders.path())).await;
    assert!(app.state.inventory.stream(&orders).unwrap().0.problem.is_some());
    for page in ["/streams?q=orders-prod".to_owned(), orders.path()] {
        let body = operator.get(&page).await.body;
        assert!(body.contains("class=\"age stale\"") && body.contains("the connection to AWS broke"), "{page}: {body}");
    }
}

#[tokio::test]
async fn what_a_listing_leaves_out_is_gone_unless_aws_had_it_since_the_listing_began() {
    let app = TestApp::start().await;
    let (orders, refunds) = (app.known("orders-prod").await, app.known("refunds").await);
    let (inventory, target) = (&app.state.inventory, &app.state.inventory.targets()[0]);
    let listed: HashSet<_> =
        rows(&app).into_iter().map(|row| row.id).filter(|key| *key != orders && *key != refunds).collect();
    let begun = app.clock.now();
    sleep(Duration::from_millis(5)).await;
    let report = inventory.stream(&orders).unwrap().1.unwrap();
    let (asked_at, read_at) = (app.clock.now(), app.clock.now());
    inventory.record_report(crate::model::stream::StreamReport { asked_at, read_at, ..report });
    inventory.record_missing(target, &listed, begun);
    assert!(!inventory.stream(&orders).unwrap().0.is_gone, "it was read after the listing had begun");
    assert!(inventory.stream(&refunds).unwrap().0.is_gone);
    let viewer = app.actor(Role::Viewer).await;
    assert!(viewer.get("/streams?q=refunds").await.body.contains("0 of 13 streams match."));
    // Listed again, the stream is back, with its earlier state.
    let seen = |created| ListedStream {
        name: refunds.name.clone(),
        arn: None,
        status: None,
        created,
        asked_at: app.clock.now(),
    };
    inventory.record_listed(target, &[seen(None)]);
    let (row, report) = inventory.stream(&refunds).unwrap();
    assert!(!row.is_gone && report.is_some());
    // Re-created, it has nothing of the earlier stream.
    inventory.record_listed(target, &[seen(Some(app.clock.now()))]);
    let (row, report) = inventory.stream(&refunds).unwrap();
    assert_eq!((row.encryption, row.read_at, row.tags, report), (EncryptionState::Unknown, None, None, None));
}

#[tokio::test]
async fn hostile_addresses_of_the_list_are_answered_with_the_list() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let viewer = app.actor(Role::Viewer).await;
    let long = "x".repeat(10_000);
    let tags: String = (0..4_000).map(|number| format!("tag=a{number}&")).collect();
    for (query, says) in [
        ("page=-1", "page \u{201c}-1\u{201d} was ignored"),
        ("page=0", "page \u{201c}0\u{201d} was ignored"),
        ("page=9223372036854775808", "orders-prod"),
        ("page=4294967295", "orders-prod"),
        ("sort=colour", "sort \u{201c}colour\u{201d} was ignored"),
        (&format!("q={long}"), "was ignored"),
        (&format!("key={long}"), "was ignored"),
        (&format!("account={long}"), "was ignored"),
        (&tags, "More values were ignored."),
    ] {
        let page = viewer.get(&format!("/streams?{query}")).await;
        let shown: String = query.chars().take(40).collect();
        assert_eq!(page.status, StatusCode::OK, "{shown}");
        assert!(page.body.contains(says), "{shown}: {}", page.body);
        assert!(page.body.len() < 400_000, "{shown}: {} bytes", page.body.len());
    }
}
