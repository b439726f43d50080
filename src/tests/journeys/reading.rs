//! Reads that fail, say little, or take more than a page.

use std::sync::Arc;

use serde_json::json;

use crate::{
    model::{
        access::{identity::Role, scope::Scope},
        stream::{StreamId, encryption::EncryptionState},
    },
    tests::support::{ACCOUNT, REGION, TestApp, until},
};

#[tokio::test]
async fn a_read_that_fails_keeps_the_last_known_state() {
    let app = TestApp::start().await;
    let key = app.known("orders-prod").await;
    let refusal = json!({
        "operation": "DescribeStreamSummary", "stream": "orders-prod", "times": 1_000,
        "fault": {"refuse": {"code": "AccessDeniedException", "message": "no"}},
    });
    app.control("faults", refusal).await;
    let operator = app.actor(Role::Operator).await;
    let page = operator.get(&format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable")).await;
    assert!(
        page.body.contains("couldn't be read just now: AWS refused the read: AccessDeniedException (no)"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("action=\"/api/disable\""), "without a fresh read there is no button");
    let (row, _) = app.state.inventory.stream(&key).unwrap();
    assert_eq!(row.encryption, EncryptionState::Encrypted, "a failed read takes nothing away");
    assert!(row.problem.unwrap().why.contains("AccessDeniedException"));
    assert!(operator.get("/streams").await.body.contains("AccessDeniedException"));
}

#[tokio::test]
async fn a_missing_type_is_unknown_and_never_not_encrypted() {
    let app = TestApp::start().await;
    app.control(
        "streams",
        json!({"account": ACCOUNT, "region": REGION, "name": "quiet", "key": "", "hides_encryption": true}),
    )
    .await;
    // Listed at the next round; the confirmation reads it at once.
    let operator = app.actor(Role::Operator).await;
    let page = operator.get(&format!("/streams/{ACCOUNT}/{REGION}/quiet/disable")).await;
    assert!(page.body.contains("AWS didn't say how the stream is encrypted"), "{}", page.body);
    let quiet = StreamId::parse(ACCOUNT, REGION, "quiet").unwrap();
    let (row, _) = app.state.inventory.stream(&quiet).unwrap();
    assert_eq!(row.encryption, EncryptionState::Unknown);
}

#[tokio::test]
async fn more_than_a_page_of_streams_is_listed_whole() {
    let app = TestApp::start().await;
    for number in 0..150 {
        app.control(
            "streams",
            json!({
                "account": "999988887777", "region": REGION, "name": format!("bulk-{number:03}"),
                "key": "alias/bulk",
            }),
        )
        .await;
    }
    let clock: std::sync::Arc<dyn crate::server::adapters::clock::Clock> =
        std::sync::Arc::new(crate::server::adapters::clock::SystemClock);
    let settings = crate::server::config::TargetSettings {
        account: Some("999988887777".parse().unwrap()),
        region: Some(REGION.parse().unwrap()),
        endpoint: Some(app.simulator.clone()),
        simulator_access_key: Some("999988887777".to_owned()),
        ..Default::default()
    };
    let targets = crate::server::adapters::aws::targets::load(&[settings], &clock, None).await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", directory.path().join("bulk.db").display());
    let store = crate::server::adapters::store::Store::open(&url, crate::server::adapters::store::Opener::Server)
        .await
        .unwrap();
    let inventory = crate::server::services::inventory::Inventory::open(&store, targets.clone(), clock).await.unwrap();
    tokio::spawn(crate::server::services::inventory::write_behind(store, inventory.clone()));
    tokio::spawn(crate::server::services::inventory::collect(
        Arc::default(),
        inventory.clone(),
        targets[0].clone(),
        tokio_util::sync::CancellationToken::new(),
    ));
    let names = until(|| async { Some(inventory.rows(&Scope::everything())).filter(|rows| rows.len() >= 150) }).await;
    assert_eq!(names.len(), 150);
    assert_eq!(names[149].id.name.as_str(), "bulk-149");
}
