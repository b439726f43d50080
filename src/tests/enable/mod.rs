//! Enables: what KMS and AWS have against one, what is known of keys, and AWS's 25 a day.

mod asking;
mod ladder;
mod proof;

use serde_json::{Value, json};

use crate::{
    model::{
        access::identity::Role,
        change::{Change, End, Ending, refusal::Refusal},
    },
    tests::support::{ACCOUNT, Actor, REGION, TestApp},
};

const ARN_OF_NOBODY: &str = "arn:aws:kms:eu-west-1:444455556666:key/1d3c5b7a-9e8f-4a6b-8c2d-0f1e2d3c4b5a";

async fn ended(app: &TestApp, id: &str) -> Change {
    app.change_when(id, |change| !change.is_active()).await
}

fn rejected(change: &Change) -> &Refusal {
    match &change.end {
        Some(Ending { how: End::Rejected(refusal), .. }) => refusal,
        other => panic!("{other:?}"),
    }
}

/// Orders something of a stream or a key of the one target.
async fn order(app: &TestApp, path: &str, mut order: Value) {
    order["account"] = json!(ACCOUNT);
    order["region"] = json!(REGION);
    app.control(path, order).await;
}

async fn operator(app: &TestApp) -> Actor<'_> {
    app.known("web-clicks").await;
    app.known("orders-prod").await;
    app.actor(Role::Operator).await
}
