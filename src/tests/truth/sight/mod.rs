//! Tests of the oracle: it finds false pages, and accepts true ones.

mod change;
mod now;

use super::log::{Call, Described, Evidence, FoundKey};

const SECOND: i64 = 1_000;

fn read(at: i64, status: &str, encryption: &str, key: Option<&str>) -> Call {
    let said = Described {
        status: status.to_owned(),
        encryption: Some(encryption.to_owned()),
        key: key.map(ToOwned::to_owned),
        created: 1.0,
        retention_hours: Some(24),
    };
    Call {
        operation: "DescribeStreamSummary".to_owned(),
        outcome: "ok".to_owned(),
        is_told: true,
        described: Some(said),
        at,
        at_ms: at,
        ..Call::default()
    }
}

fn on(at: i64) -> Call {
    read(at, "ACTIVE", "KMS", Some("alias/orders"))
}

fn off(at: i64) -> Call {
    read(at, "ACTIVE", "NONE", None)
}

fn call(at: i64, operation: &str, key: &str, outcome: &str) -> Call {
    Call {
        operation: operation.to_owned(),
        key: Some(key.to_owned()),
        outcome: outcome.to_owned(),
        is_told: true,
        at,
        at_ms: at,
        ..Call::default()
    }
}

fn stop(at: i64) -> Call {
    call(at, "StopStreamEncryption", "alias/orders", "ok")
}

fn start(at: i64, key: &str) -> Call {
    call(at, "StartStreamEncryption", key, "ok")
}

fn kms(at: i64, name: &str, id: &str) -> Call {
    let found_key = Some(FoundKey { arn: format!("arn:aws:kms:eu-west-1:111122223333:key/{id}") });
    Call { found_key, ..call(at, "DescribeKey", name, "ok") }
}

fn evidence(calls: Vec<Call>) -> Evidence {
    let now = calls.last().map_or(0, |call| call.at) + SECOND;
    Evidence { before: calls.len(), calls, acts: Vec::new(), asked_ms: now, asked_at: now }
}
