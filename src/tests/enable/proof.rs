//! Proof by writing test records.

use axum::http::StatusCode;
use serde_json::json;

use super::{operator, order};
use crate::{
    model::{
        access::identity::Role,
        change::{Rung, RungState},
    },
    tests::support::{TestApp, until},
    view::ladder,
};

#[tokio::test]
async fn five_hundred_shards_are_verified_in_one_call_and_a_closed_shard_is_called_closed() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    app.control("settings", json!({"transition_ms": 1})).await;
    order(&app, "streams", json!({"name": "orders-prod", "shards": 500})).await;
    let id = operator.disable("orders-prod").await;
    app.change_when(&id, |change| change.evidence.settled_at.is_some()).await;
    let asked = operator.post("/api/prove-by-write", &[("id", &id), ("agreed", "yes")]).await;
    assert_eq!(asked.location(), format!("/changes/{id}"));
    let proven = app.change_when(&id, |change| matches!(change.rung(Rung::Proven), RungState::Lit(_))).await;
    assert!(
        ladder::rung(&proven, Rung::Proven).contains("NONE on 500 of 500 shards."),
        "{}",
        ladder::rung(&proven, Rung::Proven)
    );
    assert_eq!(app.calls("PutRecords").await, 1);

    order(&app, "streams", json!({"name": "orders-prod", "shards": 2, "busy_shards": 1})).await;
    operator.post("/api/prove-by-read", &[("id", &id)]).await;
    until(|| async { (app.calls("GetShardIterator").await == 2).then_some(()) }).await;
    order(&app, "streams", json!({"name": "orders-prod", "shards": 1})).await;
    let read = app
        .change_when(&id, |change| {
            change
                .evidence
                .proof
                .as_ref()
                .is_some_and(|proof| proof.read.as_ref().is_some_and(|read| read.result.is_some()))
        })
        .await;
    let words = ladder::rung(&read, Rung::Proven);
    assert!(words.contains("2 shards closed meanwhile, unproven"), "{words}");
}

#[tokio::test]
async fn proof_is_refused_before_settling_to_viewers_and_for_nonsense() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    app.control("settings", json!({"transition_ms": 60_000})).await;
    let id = operator.disable("orders-prod").await;
    for path in ["/api/prove-by-write", "/api/prove-by-read", "/api/report-proof"] {
        let early =
            operator.call(path, &[("id", &id), ("agreed", "yes"), ("answer", "{\"EncryptionType\": \"NONE\"}")]).await;
        assert_eq!(early.status, StatusCode::NOT_FOUND, "{path}");
        let viewer = app.actor(Role::Viewer).await.call(path, &[("id", &id), ("agreed", "yes")]).await;
        assert_eq!(viewer.status, StatusCode::FORBIDDEN, "{path}");
        let nonsense = operator.post(path, &[("id", "../../x"), ("agreed", "yes"), ("answer", "{}")]).await;
        assert_eq!(nonsense.status, StatusCode::NOT_FOUND, "{path} {}", nonsense.location());
    }
    assert_eq!(app.calls("PutRecords").await + app.calls("ListShards").await, 0);
}
