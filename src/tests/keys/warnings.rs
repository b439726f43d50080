//! Keys that pages warn of.

use serde_json::json;

use super::{alarm_with, alarms, arn_in_use, operator, order, plain};
use crate::{
    model::{access::scope::Scope, keys::KeyLook, stream::encryption::KeyId, time::MINUTE_MS},
    tests::support::{ACCOUNT, REGION, TestApp, until},
};

#[tokio::test]
async fn every_page_warns_of_a_key_in_use_that_is_not_enabled() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    arn_in_use(&app).await;
    assert_eq!(alarms(&app), [""; 0]);
    let states = [
        ("PendingImport", "is waiting for key material (PendingImport)"),
        ("Unavailable", "is unavailable: its key store is disconnected"),
        ("PendingReplicaDeletion", "is pending deletion, once its replicas are deleted"),
        ("Updating", "is being updated"),
        ("Creating", "is being created"),
        ("Wobbling", "is in the state Wobbling"),
        ("Disabled", "is disabled"),
    ];
    for (state, words) in states {
        order(&app, "keys", json!({"alias": "alias/orders", "state": state})).await;
        let alarm = alarm_with(&app, words).await;
        assert!(alarm.contains("use or still need it") || alarm.contains("uses or still needs it"), "{alarm}");
        let page = operator.get("/streams").await.body;
        assert!(page.contains(words), "{state}: {page}");
        let confirmation = operator.get(&format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable")).await.body;
        assert!(confirmation.contains(words.strip_prefix("is ").unwrap()), "{state}: {confirmation}");
        assert_eq!(
            plain(&confirmation).contains("You can't go back to this key"),
            state != "Updating",
            "{state}: {confirmation}"
        );
    }
    // That KMS can't be asked any more ends no alarm; it says how old it is.
    let denied = json!({
        "operation": "DescribeKey", "times": 100_000,
        "fault": {"refuse": {"code": "AccessDeniedException", "message": "no"}},
    });
    app.control("faults", denied).await;
    alarm_with(&app, "is disabled").await;
    alarm_with(&app, "is disabled (as of ").await;
}

#[tokio::test]
async fn imported_material_that_expires_too_soon_is_warned_of() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    arn_in_use(&app).await;
    order(&app, "keys", json!({"alias": "alias/orders", "material_expires_in_s": 40 * 86_400})).await;
    let alarm = alarm_with(&app, "has imported key material that expires on ").await;
    let page = operator.get(&format!("/streams/{ACCOUNT}/{REGION}/web-clicks/enable?key=alias/orders")).await.body;
    assert!(page.contains("key material expires on"), "{page}");
    // Out of use it is free long before that.
    app.control("settings", json!({"transition_ms": 1})).await;
    for name in users_of_orders(&app) {
        order(&app, "streams", json!({"name": name, "key": ""})).await;
    }
    app.clock.advance(MINUTE_MS);
    until(|| async { users_of_orders(&app).is_empty().then_some(()) }).await;
    until(|| async { (!alarms(&app).contains(&alarm) && alarms(&app).is_empty()).then_some(()) }).await;
    // Unless it expires within the retention.
    order(&app, "keys", json!({"alias": "alias/orders", "material_expires_in_s": 3_600})).await;
    alarm_with(&app, "has imported key material that expires on ").await;
    // Once expired, KMS waits for it.
    order(&app, "keys", json!({"alias": "alias/orders", "material_expires_in_s": 0})).await;
    alarm_with(&app, "is waiting for key material (PendingImport)").await;
}

fn users_of_orders(app: &TestApp) -> Vec<String> {
    let key: KeyId = "alias/orders".parse().unwrap();
    let rows = app.state.inventory.rows(&Scope::everything());
    rows.into_iter().filter(|row| row.key_id.as_ref() == Some(&key)).map(|row| row.id.name.to_string()).collect()
}

#[tokio::test]
async fn a_key_pending_deletion_is_warned_of_however_late_it_goes() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    let arn = arn_in_use(&app).await;
    app.control("settings", json!({"transition_ms": 1})).await;
    for name in users_of_orders(&app) {
        order(&app, "streams", json!({"name": name, "key": ""})).await;
    }
    app.clock.advance(MINUTE_MS);
    until(|| async { users_of_orders(&app).is_empty().then_some(()) }).await;
    // KMS doesn't decrypt with a key that is pending deletion, though it goes long after the last record has left.
    order(&app, "keys", json!({"alias": "alias/orders", "deletion_in_days": 30})).await;
    alarm_with(&app, "is pending deletion on ").await;
    let page = operator
        .get(&format!("/keys/{}", percent_encoding::utf8_percent_encode(&arn, percent_encoding::NON_ALPHANUMERIC)))
        .await
        .body;
    assert!(page.contains("role=\"alert\""), "{page}");
}

#[tokio::test]
async fn an_enable_says_who_will_fail_with_the_key() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    app.known("web-clicks").await;
    let page = operator.get(&format!("/streams/{ACCOUNT}/{REGION}/web-clicks/enable?key=alias/aws/kinesis")).await.body;
    for words in [
        "Writers without kms:GenerateDataKey and readers without kms:Decrypt on this key will start failing.",
        "Only principals of account 111122223333 can use alias/aws/kinesis.",
        "Writers and readers in other accounts will fail, and its key policy can't be changed.",
    ] {
        assert!(plain(&page).contains(words), "{words} is missing in {page}");
    }
    assert!(!page.contains("nobody needs more than before"));
}

#[tokio::test]
async fn whoever_asks_for_a_key_that_is_being_looked_at_shares_the_answer() {
    let app = TestApp::start().await;
    let stream = app.known("orders-prod").await;
    let target = app.state.inventory.target(&stream).unwrap();
    // No stream uses it: nothing else asks for it.
    let key: KeyId = "alias/old-ledger".parse().unwrap();
    let asked = async || {
        let calls = app.call_log().await;
        calls.iter().filter(|call| call["operation"] == "DescribeKey" && call["key"] == key.as_str()).count()
    };
    app.control("faults", json!({"operation": "DescribeKey", "times": 100, "fault": {"hold-answer-ms": 300}})).await;
    let keys = &app.state.changes.keys;
    let looks = tokio::join!(keys.look(&target, &key), keys.look(&target, &key), keys.look(&target, &key));
    assert!(matches!(looks.0, KeyLook::Found(_)) && looks.0 == looks.1 && looks.1 == looks.2, "{looks:?}");
    assert_eq!(asked().await, 1);
    // What decides is asked by each.
    tokio::join!(keys.look_now(&target, &key), keys.look_now(&target, &key));
    assert_eq!(asked().await, 3);
}
