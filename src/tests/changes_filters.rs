//! The list of changes by its filters, within a scope.

use serde_json::json;

use super::support::{ACCOUNT, REGION, TestApp, borrowed};
use crate::{
    model::{
        access::{identity::Role, scope::Scope},
        change::{Action, Change, End, Ending, Intent},
        list::ChangesQuery,
        stream::encryption::EncryptionReport,
        time::{DAY_MS, MINUTE_MS, Timestamp},
    },
    server::adapters::store::{Inserted, NewChange},
};

/// 2020-01-01T00:00:00Z.
const LONG_AGO: Timestamp = Timestamp::from_millis(1_577_836_800_000);

fn old_change(number: i64) -> Change {
    let requested_at = LONG_AGO.plus_millis(number * 2 * MINUTE_MS);
    let intent = Intent {
        action: Action::Disable,
        arn: format!("arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/old-{number:04}").parse().unwrap(),
        stream_created: LONG_AGO,
        key: None,
        resolved: None,
        from: Some(EncryptionReport::Encrypted(None)),
        from_key: None,
        retention_hours: 24,
        actor: "viewer".to_owned(),
        reason: "OPS-1".to_owned(),
        quota_reason: None,
        requested_at,
        armed_until: None,
    };
    let mut change = Change::requested(format!("old{number:04}"), intent);
    let how = if number % 2 == 0 { End::NotApplied } else { End::Expired };
    change.end = Some(Ending { at: requested_at.plus_millis(1), how });
    change
}

/// Records 1,200 changes of a viewer, who was an operator then: one every two minutes, every other one not applied.
async fn with_old_changes(app: &TestApp) {
    let viewer = app.store.users().await.unwrap().into_iter().find(|user| user.name == "viewer").unwrap().id;
    let mut tx = app.store.write().await.unwrap();
    for number in 0..1_200 {
        let mut change = old_change(number);
        let request_id = change.id.clone();
        let (change, user_id, request_id) = (&mut change, viewer.as_str(), request_id.as_str());
        let new = NewChange { change, user_id, request_id, form_hash: "h", intent_mac: "" };
        let inserted = app.store.insert_change(&mut tx, new).await.unwrap();
        assert!(matches!(inserted, Inserted::Recorded { .. }));
    }
    tx.commit().await.unwrap();
}

/// The ids that a query selects.
async fn selected(app: &TestApp, scope: &str, address: &str, skip: usize, take: usize) -> Vec<String> {
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(address.as_bytes()).into_owned().collect();
    let (query, ignored) = ChangesQuery::parse(borrowed(&pairs));
    assert_eq!(ignored, [], "{address}");
    let found = app.state.changes.select(&Scope::parse(scope).unwrap(), &query, skip, take).await.unwrap();
    found.into_iter().map(|change| change.id).collect()
}

#[tokio::test]
async fn each_filter_selects_from_the_whole_journal() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    app.known("checkout-events").await;
    with_old_changes(&app).await;
    let operator = app.actor(Role::Operator).await;
    let administrator = app.actor(Role::Admin).await;
    let checkout = operator.disable("checkout-events").await;
    let orders = administrator.disable("orders-prod").await;
    for id in [&checkout, &orders] {
        app.change_when(id, |change| !change.is_active()).await;
    }
    let all = async |address: &str| selected(&app, "*", address, 0, 5_000).await;
    assert_eq!(all("").await.len(), 1_202);
    assert_eq!(all("").await[..3], [orders.as_str(), checkout.as_str(), "old1199"], "newest first");
    assert_eq!(all("state=settled").await, [orders.as_str(), checkout.as_str()]);
    assert_eq!(all("state=reverted").await, [""; 0], "they look the same to SQL");
    assert_eq!(all("state=not-applied,settled").await.len(), 602);
    assert_eq!(all("state=active").await, [""; 0]);
    assert_eq!(all("by=OPERATOR").await, [checkout.as_str()]);
    assert_eq!(all("by=Viewer").await.len(), 1_200);
    assert_eq!(all("by=nobody").await.len(), 0);
    assert_eq!(all("q=CHECKOUT-").await, [checkout.as_str()]);
    assert_eq!(all("q=old-00&state=expired").await.len(), 50);
    assert_eq!(all("from=2020-01-01&to=2020-01-01").await.len(), 720);
    assert_eq!(all("from=2020-01-02&to=2020-12-31").await.len(), 480);
    let of_today = app.state.clock.now().plus_millis(-DAY_MS).rfc3339()[..10].to_owned();
    assert_eq!(all(&format!("from={of_today}")).await.len(), 2);
    assert_eq!(all(&format!("from={of_today}&by=admin&q=orders&state=settled")).await, [orders.as_str()]);

    // Pages of a filtered list, the last one short.
    assert_eq!(selected(&app, "*", "state=not-applied", 0, 2).await, ["old1198", "old1196"]);
    assert_eq!(selected(&app, "*", "state=not-applied", 550, 51).await.len(), 50);
    assert_eq!(selected(&app, "*", "q=old-&by=viewer", 1_199, 51).await, ["old0000"]);
    assert_eq!(selected(&app, "*", "", 1_202, 51).await.len(), 0);
}

#[tokio::test]
async fn a_scope_narrows_every_filter() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    app.known("checkout-events").await;
    with_old_changes(&app).await;
    let operator = app.actor(Role::Operator).await;
    // Waits for its stream, and so stays active.
    app.control("streams", json!({"account": ACCOUNT, "region": REGION, "name": "orders-prod", "reshard_ms": 60_000}))
        .await;
    let mut fields = operator.confirmation("orders-prod").await;
    fields.push(("wait_minutes".to_owned(), "15".to_owned()));
    let answer = operator.post("/api/disable", &borrowed(&fields)).await;
    let waiting = answer.location().strip_prefix("/changes/").unwrap().to_owned();
    let checkout = operator.disable("checkout-events").await;
    app.change_when(&checkout, |change| !change.is_active()).await;
    for address in ["state=active", "state=active&by=operator", "q=orders-prod", "state=active,slow&q=prod"] {
        assert_eq!(selected(&app, "*", address, 0, 9).await, [waiting.as_str()], "{address}");
        assert_eq!(selected(&app, "*/*/checkout-*", address, 0, 9).await, [""; 0], "{address}");
    }
    for state in ["unknown", "slow"] {
        assert_eq!(selected(&app, "*", &format!("state={state}"), 0, 9).await, [""; 0], "it has another badge");
    }
    for address in ["", "state=settled", "by=operator", "q=checkout"] {
        assert_eq!(selected(&app, "*/*/checkout-*", address, 0, 9).await, [checkout.as_str()], "{address}");
    }
    assert_eq!(selected(&app, "*/*/checkout-* */*/old-000*", "", 1, 99).await.len(), 10);
    assert_eq!(selected(&app, "*/*/old-000*", "state=expired", 4, 99).await, ["old0001"]);
}
