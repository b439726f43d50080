//! Evidence is neither invented nor lost: changes that AWS's reports can't show, answers that come when another
//! instance has taken over, reads that are too old to send anything on, and refused changes that take nothing from the
//! one before.

mod freshness;
mod interruptions;
mod judging;

use serde_json::{Value, json};

use crate::{
    model::{
        change::{
            Change, End,
            refusal::{Precondition, Refusal, RefusalKind},
        },
        inventory::StreamRow,
    },
    tests::support::{ACCOUNT, Actor, REGION, TestApp, borrowed, with},
};

const KEY_ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/";

async fn order(app: &TestApp, path: &str, mut order: Value) {
    (order["account"], order["region"]) = (json!(ACCOUNT), json!(REGION));
    app.control(path, order).await;
}

async fn stream(app: &TestApp, name: &str, mut what: Value) {
    what["name"] = json!(name);
    order(app, "streams", what).await;
}

async fn fault(app: &TestApp, operation: &str, times: u32, fault: Value) {
    app.control("faults", json!({"operation": operation, "times": times, "fault": fault})).await;
}

async fn deny_kms(app: &TestApp) {
    fault(app, "DescribeKey", 1_000_000, json!({"refuse": {"code": "AccessDeniedException", "message": "not you"}}))
        .await;
}

async fn row(app: &TestApp, name: &str) -> StreamRow {
    app.state.inventory.stream(&app.known(name).await).unwrap().0
}

fn how(change: &Change) -> &End {
    &change.end.as_ref().unwrap_or_else(|| panic!("no end: {change:?}")).how
}

fn precondition(change: &Change) -> &Precondition {
    match how(change) {
        End::Rejected(Refusal { kind: RefusalKind::Precondition(precondition), .. }) => precondition,
        other => panic!("{other:?}"),
    }
}

/// Confirms an enable whose key can't be seen, and returns the id of its change.
async fn enable_unseen(operator: &Actor<'_>, name: &str, key: &str) -> String {
    let fields = with(&operator.enabling(name, key).await, "warned_key", key);
    let answer = operator.post("/api/enable", &borrowed(&fields)).await;
    answer
        .location()
        .strip_prefix("/changes/")
        .unwrap_or_else(|| panic!("{} {}", answer.status, answer.body))
        .to_owned()
}

/// Confirms a disable that waits for its stream, and returns the id of its change.
async fn arm(operator: &Actor<'_>) -> String {
    let mut fields = operator.confirmation("orders-prod").await;
    fields.push(("wait_minutes".to_owned(), "15".to_owned()));
    let answer = operator.post("/api/disable", &borrowed(&fields)).await;
    answer
        .location()
        .strip_prefix("/changes/")
        .unwrap_or_else(|| panic!("{} {}", answer.status, answer.body))
        .to_owned()
}
