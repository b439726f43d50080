//! `/streams.csv` and `/streams.json`: exactly what the list's query selects, from one moment.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::support::{ACCOUNT, Actor, Answer, REGION, Setup, TestApp, borrowed, until};
use crate::{
    model::{
        access::{identity::Role, scope::Scope},
        list::ListQuery,
        stream::StreamId,
    },
    server::{adapters::store::users, config::TargetSettings},
    view::stream_export::COLUMNS,
};

/// The rows of a CSV file, cell by cell.
async fn table(actor: &Actor<'_>, query: &str) -> Vec<csv::StringRecord> {
    let answer = actor.get(&format!("/streams.csv{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.body);
    let mut reader = csv::Reader::from_reader(answer.body.as_bytes());
    assert_eq!(reader.headers().unwrap(), COLUMNS.as_slice());
    reader.records().collect::<Result<_, _>>().unwrap()
}

fn cell<'a>(row: &'a csv::StringRecord, column: &str) -> &'a str {
    row.get(COLUMNS.iter().position(|known| *known == column).unwrap()).unwrap()
}

fn names(rows: &[csv::StringRecord]) -> Vec<&str> {
    rows.iter().map(|row| cell(row, "name")).collect()
}

async fn document(actor: &Actor<'_>, query: &str) -> (Answer, Value) {
    let answer = actor.get(&format!("/streams.json{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.body);
    let parsed = serde_json::from_str(&answer.body).unwrap();
    (answer, parsed)
}

/// Waits until every stream has been read, and its tags.
async fn all_are_read(app: &TestApp) {
    app.known("orders-prod").await;
    until(|| async {
        let rows = app.state.inventory.rows(&Scope::everything());
        rows.iter().all(|row| row.read_at.is_some() && row.tags.is_some()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_file_tells_all_that_is_known_and_of_which_moment() {
    let app = TestApp::start().await;
    all_are_read(&app).await;
    let viewer = app.actor(Role::Viewer).await;
    let begun = app.state.clock.now().rfc3339();
    let answer = viewer.get("/streams.csv?q=orders-prod").await;
    let over = app.state.clock.now().rfc3339();
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(answer.header("cache-control"), "no-store");
    let disposition = answer.header("content-disposition");
    assert!(disposition.starts_with("attachment; filename=\"keystream-streams-20"), "{disposition}");
    assert!(disposition.ends_with("Z.csv\"") && !disposition.contains(':'), "{disposition}");

    let rows = table(&viewer, "?q=orders-prod").await;
    let row = &rows[0];
    let arn = format!("arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/orders-prod");
    let told = ["name", "account", "region", "arn", "production", "encryption", "key_id", "status", "problem"];
    assert_eq!(
        told.map(|column| cell(row, column)),
        ["orders-prod", ACCOUNT, REGION, &arn, "true", "Encrypted", "alias/orders", "ACTIVE", ""]
    );
    assert!(cell(row, "tags").contains("; team=payments"), "{row:?}");
    assert!(cell(row, "retention_hours").parse::<i32>().is_ok() && cell(row, "open_shards").parse::<i32>().is_ok());
    let mut reader = csv::Reader::from_reader(answer.body.as_bytes());
    let row = reader.records().next().unwrap().unwrap();
    let as_of = cell(&row, "as_of");
    assert!(begun.as_str() <= as_of && as_of <= over.as_str(), "{begun} {as_of} {over}");
    for read in ["read_at", "status_read_at", "created"] {
        assert!(cell(&row, read).starts_with("20") && cell(&row, read) <= as_of, "{read}: {row:?}");
    }

    let (answer, whole) = document(&viewer, "?q=orders-prod").await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert!(answer.header("content-disposition").ends_with("Z.json\""));
    assert_eq!(whole["query"], json!({"q": "orders-prod"}));
    assert!(whole["as_of"].as_str().unwrap() >= over.as_str());
    let streams = whole["streams"].as_array().unwrap();
    assert_eq!(streams.len(), 1);
    let fields: BTreeSet<&str> = streams[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, COLUMNS.into_iter().skip(1).collect::<BTreeSet<_>>());
    assert_eq!((&streams[0]["arn"], &streams[0]["tags"]["team"]), (&json!(arn), &json!("payments")));
    let (_, none) = document(&viewer, "?q=no-such-stream").await;
    assert_eq!(none["streams"], json!([]));
    assert_eq!(table(&viewer, "?q=no-such-stream").await.len(), 0);
}

#[tokio::test]
async fn a_file_has_the_rows_of_the_list_in_their_order() {
    let app = TestApp::start().await;
    all_are_read(&app).await;
    let viewer = app.actor(Role::Viewer).await;
    for pairs in [
        vec![],
        vec![("encryption", "not-encrypted")],
        vec![("encryption", "encrypted"), ("sort", "-key"), ("key", "ALIAS")],
        vec![("status", "active"), ("sort", "-name")],
        vec![("tag", "data-class=confidential"), ("mode", "on-demand")],
        vec![("age", "never")],
        vec![("region", "us-east-1")],
        vec![("unheard", "of")],
    ] {
        let (query, ignored) = ListQuery::parse(pairs.iter().copied().chain([("per", "100")]));
        assert!(ignored.is_empty(), "{ignored:?}");
        let listed = app.state.inventory.list(&query, &Scope::everything()).selection.rows;
        let listed: Vec<&str> = listed.iter().map(|row| row.id.name.as_str()).collect();
        let text = url::form_urlencoded::Serializer::for_suffix("?".to_owned(), 1).extend_pairs(&pairs).finish();
        assert_eq!(names(&table(&viewer, &text).await), listed, "{text}");
        let (_, whole) = document(&viewer, &text).await;
        let told: Vec<&str> =
            whole["streams"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
        assert_eq!(told, listed, "{text}");
    }
    let whole = table(&viewer, "").await.len();
    assert_eq!(whole, 14);
    for of_a_page in ["?page=2&per=25", "?page=0&per=7&cols=unheard-of", "?cols=none"] {
        assert_eq!(table(&viewer, of_a_page).await.len(), whole, "{of_a_page}: a file has no pages");
    }
}

#[tokio::test]
async fn a_file_has_only_what_is_in_scope() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    app.known("checkout-events").await;
    let id = app.store.users().await.unwrap().into_iter().find(|user| user.name == "viewer").unwrap().id;
    let mut tx = app.store.write().await.unwrap();
    users::set_rights(&mut tx, &id, Role::Viewer, &Scope::parse("*/*/checkout-*").unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    let viewer = app.actor(Role::Viewer).await;
    assert_eq!(names(&table(&viewer, "").await), ["checkout-events"]);
    assert_eq!(table(&viewer, "?q=orders-prod").await.len(), 0);
    assert!(!document(&viewer, "").await.0.body.contains("orders-prod"));
    for path in ["/streams.csv", "/streams.json"] {
        let stranger = app.anonymous().get(path).await;
        assert_eq!(stranger.status, StatusCode::SEE_OTHER, "{path}");
        assert!(stranger.location().starts_with("/sign-in?next="), "{path}: {}", stranger.location());
    }
}

#[tokio::test]
async fn no_cell_is_run_as_a_formula() {
    let hostile =
        json!({"account": ACCOUNT, "region": REGION, "name": "-cmd", "key": "alias/orders", "tags": {"@team": "=1+1"}});
    let app = TestApp::with(Setup { before: vec![("streams", hostile)], ..Setup::default() }).await;
    let id = app.known("-cmd").await;
    until(|| async { app.state.inventory.stream(&id)?.0.tags }).await;
    let viewer = app.actor(Role::Viewer).await;
    let rows = table(&viewer, "?q=-cmd").await;
    assert_eq!((cell(&rows[0], "name"), cell(&rows[0], "tags")), ("'-cmd", "'@team==1+1"));
    let (_, whole) = document(&viewer, "?q=-cmd").await;
    assert_eq!(whole["streams"][0]["name"], "-cmd", "JSON has every value as it is");
    assert_eq!(whole["streams"][0]["tags"], json!({"@team": "=1+1"}));
}

#[tokio::test]
async fn what_could_not_be_read_stays_unknown_and_says_why() {
    let denied = json!({
        "operation": "DescribeStreamSummary", "times": 10_000,
        "fault": {"refuse": {"code": "AccessDeniedException", "message": "no"}},
    });
    let app = TestApp::with(Setup { before: vec![("faults", denied)], ..Setup::default() }).await;
    let id = StreamId::parse(ACCOUNT, REGION, "orders-prod").unwrap();
    until(|| async { app.state.inventory.stream(&id)?.0.problem }).await;
    let viewer = app.actor(Role::Viewer).await;
    let rows = table(&viewer, "?encryption=unknown&q=orders-prod").await;
    let told = ["encryption", "key_id", "read_at", "retention_hours"].map(|column| cell(&rows[0], column));
    assert_eq!(told, ["Unknown", "", "", ""]);
    assert!(cell(&rows[0], "problem").contains("AccessDeniedException"), "{rows:?}");
    assert!(cell(&rows[0], "problem_at").starts_with("20"), "{rows:?}");
    let (_, whole) = document(&viewer, "?q=orders-prod").await;
    assert_eq!(whole["streams"][0]["encryption"], "Unknown");
    assert_eq!(whole["streams"][0]["read_at"], Value::Null);
}

#[tokio::test]
async fn an_active_change_is_in_the_file() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    app.control("streams", json!({"account": ACCOUNT, "region": REGION, "name": "orders-prod", "reshard_ms": 60_000}))
        .await;
    let operator = app.actor(Role::Operator).await;
    let mut fields = operator.confirmation("orders-prod").await;
    fields.push(("wait_minutes".to_owned(), "15".to_owned()));
    let answer = operator.post("/api/disable", &borrowed(&fields)).await;
    let id = answer.location().strip_prefix("/changes/").unwrap();
    until(|| async { (table(&operator, "?q=orders-prod&status=changing").await.len() == 1).then_some(()) }).await;
    let rows = table(&operator, "?q=orders-prod").await;
    assert_eq!((cell(&rows[0], "change_id"), cell(&rows[0], "change_state")), (id, "Waiting"));
    assert_eq!(cell(&rows[0], "encryption"), "Encrypted");
}

fn fast(simulator: &str) -> Vec<TargetSettings> {
    vec![TargetSettings {
        account: ACCOUNT.parse().ok(),
        region: REGION.parse().ok(),
        endpoint: Some(simulator.to_owned()),
        simulator_access_key: Some(ACCOUNT.to_owned()),
        budget_percent: 50,
        speed: 100,
        ..TargetSettings::default()
    }]
}

#[tokio::test]
async fn a_file_of_many_batches_is_whole() {
    let fleet = vec![("fleet", json!({"account": ACCOUNT, "region": REGION, "count": 1_234}))];
    let app = TestApp::with(Setup { targets: Some(fast), before: fleet, ..Setup::default() }).await;
    until(|| async { (app.state.inventory.health(&Scope::everything())[0].streams == 1_248).then_some(()) }).await;
    let viewer = app.actor(Role::Viewer).await;
    let rows = table(&viewer, "").await;
    let distinct: BTreeSet<&str> = names(&rows).into_iter().collect();
    assert_eq!((rows.len(), distinct.len()), (1_248, 1_248));
    assert!(names(&rows).is_sorted());
    assert!(rows.iter().all(|row| cell(row, "as_of") == cell(&rows[0], "as_of")), "one moment");
    let (_, whole) = document(&viewer, "?q=stream-&sort=-name").await;
    let streams = whole["streams"].as_array().unwrap();
    assert_eq!((streams.len(), &streams[0]["name"]), (1_234, &json!("stream-01234")));
    // As many rows as one or two batches have.
    for (query, count) in [("?q=stream-00", 999), ("?q=stream-000", 99), ("?q=stream-01", 235)] {
        assert_eq!(document(&viewer, query).await.1["streams"].as_array().unwrap().len(), count, "{query}");
    }
}

#[tokio::test]
async fn an_address_that_is_not_understood_whole_exports_nothing() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let viewer = app.actor(Role::Viewer).await;
    let why = "Nothing was exported: part of the address isn't understood, so the file would hold other rows than you \
        asked for. encryption \u{201c}maybe\u{201d} was ignored: it takes encrypted, not-encrypted, unknown. Correct \
        the address and try again.";
    let plain = viewer.get("/streams.csv?encryption=maybe").await;
    assert_eq!((plain.status, plain.body.as_str()), (StatusCode::BAD_REQUEST, format!("{why}\n").as_str()));
    assert_eq!(plain.header("content-type"), "text/plain; charset=utf-8");
    let object = viewer.get("/streams.json?encryption=maybe").await;
    assert_eq!((object.status, object.header("content-type")), (StatusCode::BAD_REQUEST, "application/json"));
    assert_eq!(serde_json::from_str::<Value>(&object.body).unwrap(), json!({ "error": why }));
    for query in ["status=active,asleep", "account=12", "region=Mars", "age=2m", "tag=%00", "sort=size", "mode=fast"] {
        for file in ["csv", "json"] {
            let answer = viewer.get(&format!("/streams.{file}?{query}")).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{file} {query}");
            assert_eq!(answer.header("content-disposition"), "", "{file} {query}");
            assert!(!answer.body.contains("orders-prod"), "{file} {query}");
        }
    }
}

#[tokio::test]
async fn a_script_that_exports_without_end_is_slowed_down() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let viewer = app.actor(Role::Viewer).await;
    for _ in 0..500 {
        let answer = viewer.get("/streams.json?q=orders-prod").await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert!(!answer.header("retry-after").is_empty());
            return;
        }
    }
    panic!("500 exports in a row");
}
