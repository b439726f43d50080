//! Tests of the reconciler's rules, for active and for settled changes.

mod after_settled;
mod properties;
mod under_way;

use super::*;
use crate::model::{
    change::{
        Action, Resolved,
        tests::{report, requested_change},
    },
    stream::encryption::EncryptionReport,
};

pub(super) const SENT: i64 = 1_000_000;

pub(super) fn see(change: &mut Change, observed: &Observation, now: i64) {
    for step in decide(change, observed, Timestamp::from_millis(now), None) {
        change.apply(step);
    }
}

pub(super) fn see_report(change: &mut Change, at: i64, status: &str, encryption: Option<&str>) {
    see(change, &Observation::Report(report(at, status, encryption)), at);
}

pub(super) fn end(change: &Change) -> Option<&End> {
    change.end.as_ref().map(|ending| &ending.how)
}

/// Returns a key change from `alias/orders` to `alias/ledger`, which resolves to key X.
pub(super) fn change_of_key(resolved: bool) -> Change {
    let mut change = requested_change();
    change.intent.action = Action::Enable;
    change.intent.from = Some(EncryptionReport::from_aws(Some("KMS"), Some("alias/orders")));
    change.intent.key = Some("alias/ledger".parse().unwrap());
    let at = Timestamp::from_millis(SENT);
    change.intent.resolved = resolved.then(|| Resolved { arn: KEY_X.parse().unwrap(), at });
    change.apply(Step::Sent { at, key: "alias/ledger".parse().unwrap(), sent_as: None });
    change
}

pub(super) const KEY_X: &str = "arn:aws:kms:eu-west-1:111122223333:key/12345678-1234-1234-1234-123456789012";
