//! Listings that aren't believed at once, and rows that can't be read: known states stay.

use serde_json::{Value, json};

use super::{
    database::{Kind, TestDatabase},
    fleet::{health_when, stream_id, target},
    reading::paused,
    support::{ACCOUNT, REGION, Setup, TestApp, until},
};
use crate::{
    model::{access::scope::Scope, time::Timestamp},
    server::{
        adapters::{
            aws::ListedStream,
            clock::Clock,
            store::{Opener, Store},
        },
        config::TargetSettings,
    },
    view::target_health,
};

#[tokio::test]
async fn creation_times_that_are_rounded_differently_are_of_one_stream() {
    let app = paused().await;
    let orders = stream_id(ACCOUNT, REGION, "orders-prod");
    let target = &app.state.inventory.targets()[0];
    let created = app.state.inventory.stream(&orders).unwrap().1.unwrap().created;
    let seen = |millis: i64| {
        let asked_at = app.clock.now().plus_millis(1);
        ListedStream {
            name: orders.name.clone(),
            arn: None,
            status: None,
            created: Some(created.plus_millis(millis)),
            asked_at,
        }
    };
    for millis in [-999, 400, 999] {
        app.state.inventory.record_listed(target, &[seen(millis)]);
        assert!(app.state.inventory.stream(&orders).unwrap().1.is_some(), "{millis} ms");
    }
    app.state.inventory.record_listed(target, &[seen(1_000)]);
    assert!(app.state.inventory.stream(&orders).unwrap().1.is_none(), "a second is another stream");
}

fn of_another_account(simulator: &str) -> Vec<TargetSettings> {
    vec![TargetSettings { account: "444455556666".parse().ok(), ..target(simulator, ACCOUNT, REGION) }]
}

#[tokio::test]
async fn a_listing_with_credentials_of_another_account_is_refused_also_without_arns() {
    let patch = json!({"StreamSummaries": null});
    let before = vec![("faults", json!({"operation": "ListStreams", "times": 1_000, "fault": {"patch": patch}}))];
    let app = TestApp::with(Setup { targets: Some(of_another_account), before, ..Setup::default() }).await;
    let behind = health_when(&app, 0, |health| health.problem.is_some() || health.last_listed.is_some()).await;
    let why = behind.problem.expect("it is behind").why;
    assert!(
        why.starts_with(&format!("the credentials are of account {ACCOUNT}, and the target is 444455556666/eu-west-1")),
        "{why}"
    );
    assert!(app.state.inventory.rows(&Scope::everything()).is_empty(), "nothing is shown in the wrong account");
}

fn names(app: &TestApp) -> Vec<String> {
    let rows = app.state.inventory.rows(&Scope::everything());
    rows.into_iter().filter(|row| !row.is_gone).map(|row| row.id.name.to_string()).collect()
}

/// An application that knows all of its streams from before its start.
async fn that_remembers(database: Kind) -> TestApp {
    let app = TestApp::with(Setup { is_mortal: true, database, ..Setup::default() }).await;
    health_when(&app, 0, |health| health.unread == 0 && health.streams == 14).await;
    let are_written = || async {
        let stored = app.store.streams().await.unwrap();
        (stored.len() == 14 && stored.iter().all(|stream| stream.report.is_some())).then_some(())
    };
    until(are_written).await;
    app
}

fn empty_listings(times: u32) -> Value {
    let patch = json!({"StreamNames": null, "StreamSummaries": null, "HasMoreStreams": null, "NextToken": null});
    json!({"operation": "ListStreams", "times": times, "fault": {"patch": patch}})
}

#[tokio::test]
async fn an_empty_listing_of_streams_that_are_there_empties_nothing_and_the_target_says_so() {
    let app = that_remembers(Kind::Sqlite).await;
    app.control("faults", empty_listings(2)).await;
    let app = app.killed_and_started_again().await;
    let behind = health_when(&app, 0, |health| health.problem.is_some() || health.last_listed.is_some()).await;
    assert_eq!(names(&app).len(), 14, "the rows stay");
    let words = target_health::sentence(&behind);
    assert!(words.contains("AWS listed 0 of 14 known streams"), "{words}");
    // A second listing agrees, but the reads don't.
    let told = health_when(&app, 0, |health| {
        health.problem.as_ref().is_none_or(|problem| problem.why.contains("still there"))
    })
    .await;
    assert!(told.problem.is_some() && names(&app).len() == 14, "{told:?}");
    let well = health_when(&app, 0, |health| health.problem.is_none()).await;
    assert!(well.last_listed.is_some() && names(&app).len() == 14, "{well:?}");
}

#[tokio::test]
async fn streams_that_are_really_gone_are_gone_with_the_second_listing() {
    let app = that_remembers(Kind::Sqlite).await;
    for name in names(&app).into_iter().filter(|name| name != "orders-prod") {
        app.control("streams", json!({"account": ACCOUNT, "region": REGION, "name": name, "delete": true})).await;
    }
    let app = app.killed_and_started_again().await;
    let behind = health_when(&app, 0, |health| health.problem.is_some() || health.last_listed.is_some()).await;
    let words = target_health::sentence(&behind);
    assert!(words.contains("AWS listed 1 of 14 known streams"), "{words}");
    health_when(&app, 0, |health| health.problem.is_none() && health.last_listed.is_some()).await;
    assert_eq!(names(&app), ["orders-prod"]);
}

#[tokio::test]
async fn a_row_that_this_version_cannot_read_stops_no_start() {
    for database in [Kind::Sqlite, Kind::Postgres] {
        let app = that_remembers(database).await;
        let newer = "INSERT INTO streams (account, region, name, rev, gone_at, body)
                     VALUES ('111122223333', 'eu-west-1', 'of-a-newer-version', 1, NULL, '{\"key\": 7, \"what\": \"is \
                         this\"}')";
        app.database().run(newer).await;
        let readable = app.store.streams().await.map(|streams| streams.len());
        assert_eq!(readable.ok(), Some(14), "{database:?}");
        let app = app.killed_and_started_again().await;
        assert_eq!(names(&app).len(), 14, "{database:?}");
    }
}

#[tokio::test]
async fn a_pause_that_this_version_cannot_read_stops_no_start() {
    let database = TestDatabase::new(Kind::Sqlite).await;
    let store = Store::open(&database.url, Opener::Setup).await.unwrap();
    // SQLite accepts any type in any column.
    database
        .run("INSERT INTO targets (id, paused_at, paused_by) VALUES ('a/b', 'since noon', 'mira'), ('c/d', 1, 'mira')")
        .await;
    let pauses = store.pauses().await.map_err(|error| error.to_string()).unwrap();
    assert_eq!(pauses.iter().map(|pause| pause.target.as_str()).collect::<Vec<_>>(), ["c/d"]);
    assert_eq!(pauses[0].pause.at, Timestamp::from_millis(1));
}
