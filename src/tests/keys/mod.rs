//! Keys that streams use or still need: until when, which key an alias meant, and what KMS says of each.

mod needed;
mod warnings;

use serde_json::{Value, json};

use crate::{
    model::{
        access::{identity::Role, scope::Scope},
        change::Change,
        time::MINUTE_MS,
    },
    tests::support::{ACCOUNT, Actor, REGION, TestApp, until},
    view::{self, pages::KeyCard},
};

const OTHER: &str = "0f0e0d0c-0b0a-4a0b-8c0d-0e0f0a0b0c0d";

const OTHER_ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/0f0e0d0c-0b0a-4a0b-8c0d-0e0f0a0b0c0d";

async fn order(app: &TestApp, path: &str, mut order: Value) {
    order["account"] = json!(ACCOUNT);
    order["region"] = json!(REGION);
    app.control(path, order).await;
}

async fn operator(app: &TestApp) -> Actor<'_> {
    app.known("orders-prod").await;
    app.actor(Role::Operator).await
}

/// A page's text without the escapes of HTML.
fn plain(page: &str) -> String {
    page.replace("&#x27;", "'").replace("&#39;", "'")
}

async fn settled(app: &TestApp, id: &str) -> Change {
    let change = app.change_when(id, |change| !change.is_active()).await;
    assert!(change.evidence.settled_at.is_some(), "{:?}", change.end);
    change
}

fn cards(app: &TestApp) -> Vec<KeyCard> {
    let scope = Scope::parse("111122223333/eu-west-1/orders-prod").unwrap();
    view::keys::cards(&app.state.changes.keys.needed(&app.state.inventory, &scope))
}

/// The ARN that `alias/orders` is seen to mean while orders-prod uses it.
async fn arn_in_use(app: &TestApp) -> String {
    until(|| async { cards(app).into_iter().find(|card| card.using == 1).and_then(|card| card.arn) }).await
}

async fn point_elsewhere(app: &TestApp) {
    order(app, "keys", json!({"alias": "alias/orders", "id": OTHER})).await;
    // What KMS said is remembered for a minute.
    app.clock.advance(2 * MINUTE_MS);
}

fn alarms(app: &TestApp) -> Vec<String> {
    app.state
        .changes
        .keys
        .alarms(&Scope::everything())
        .iter()
        .filter_map(view::keys::alarm)
        .map(|alarm| alarm.text)
        .collect()
}

async fn alarm_with(app: &TestApp, words: &str) -> String {
    app.clock.advance(6 * MINUTE_MS);
    until(|| async { alarms(app).into_iter().find(|alarm| alarm.contains(words)) }).await
}
