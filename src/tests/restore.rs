//! The restore drill: a backup from a running server is put back later, and nothing is sent twice.

use serde_json::json;

use super::{
    armed::{arm, reshard},
    backup::back_up,
    database::TestDatabase,
    support::{ACCOUNT, REGION, Setup, TestApp},
};
use crate::{
    model::{
        access::identity::Role,
        change::{Change, End},
    },
    server::services::audit::{self, Verified},
};

/// Ends the UPDATING of a stream, with this key or none.
async fn finish(app: &TestApp, name: &str, key: &str) {
    let order = json!({"account": ACCOUNT, "region": REGION, "name": name, "status": "ACTIVE", "key": key});
    app.control("streams", order).await;
}

/// Waits for the end of a change.
async fn end_of(app: &TestApp, id: &str) -> Option<End> {
    app.change_when(id, |change: &Change| !change.is_active()).await.end.map(|ending| ending.how)
}

fn finding(app: &TestApp) -> Option<String> {
    app.state.read_only.alarm().map(|alarm| alarm.finding)
}

#[tokio::test]
async fn a_backup_that_is_put_back_raises_the_alarm_and_sends_nothing_again() {
    let app = TestApp::with(Setup { is_mortal: true, ..Setup::default() }).await;
    // In the backup: one change that AWS works on, and one that waits.
    app.control("settings", json!({"transition_ms": 3_600_000})).await;
    app.known("checkout-events").await;
    let operator = app.actor(Role::Operator).await;
    let sent = operator.disable("checkout-events").await;
    app.change_when(&sent, |change| change.evidence.updating_at.is_some()).await;
    reshard(&app, 3_600_000).await;
    let waiting = arm(&operator).await;
    let directory = tempfile::tempdir().unwrap();
    let backup = directory.path().join("backup.db");
    let said = back_up(&app.database_url, &backup).await.unwrap();
    assert!(said.contains("; changes 2, users 4, "), "{said}");

    // After it: both settle, a third is made, and the chain gets a checkpoint.
    app.control("settings", json!({"transition_ms": 1})).await;
    finish(&app, "checkout-events", "").await;
    finish(&app, "orders-prod", "alias/orders").await;
    app.known("refunds").await;
    let lost = operator.disable("refunds").await;
    for id in [&sent, &waiting, &lost] {
        assert_eq!(end_of(&app, id).await, Some(End::Settled));
    }
    let app = app.killed_and_started_again().await;
    assert_eq!((finding(&app), app.calls("StopStreamEncryption").await), (None, 3));

    let app = app.killed_and_started_after(async |database: &TestDatabase| database.put_back(&backup).await).await;
    let found = finding(&app).unwrap();
    assert!(found.ends_with("its end was removed, or an older database was put back."), "{found}");
    // It was sent after the backup, which doesn't know that: it must not be sent again.
    assert_eq!(end_of(&app, &waiting).await, Some(End::Expired));
    // AWS has finished it meanwhile, as reads show.
    assert_eq!(end_of(&app, &sent).await, Some(End::Settled));
    assert!(app.store.change(&lost).await.unwrap().is_none(), "it was made after the backup");
    assert_eq!(app.calls("StopStreamEncryption").await, 3);

    let admin = app.actor(Role::Admin).await;
    let number = app.state.read_only.alarm().unwrap().number.to_string();
    let fields = [("number", number.as_str()), ("reason", "the backup was put back, OPS-1")];
    let answer = admin.post("/api/acknowledge-alarm", &fields).await;
    assert_eq!(answer.location(), "/settings?done=alarm-acknowledged", "{}", answer.body);
    app.known("invoices").await;
    let operator = app.actor(Role::Operator).await;
    let next = operator.disable("invoices").await;
    assert_eq!(end_of(&app, &next).await, Some(End::Settled));
    assert_eq!(app.calls("StopStreamEncryption").await, 4, "only what was asked for after the restore");

    let app = app.killed_and_started_again().await;
    assert_eq!(finding(&app), None);
    assert!(app.store.active_changes().await.unwrap().is_empty());
    assert!(matches!(audit::verify(&app.store).await.unwrap(), Verified::Whole { .. }));
    assert_eq!(app.calls("StopStreamEncryption").await, 4);
}
