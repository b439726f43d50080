//! Counts and times what changes reach, for metrics, and traces it.

use std::time::Duration;

use super::{
    standing::{Standing, label},
    trace,
};
use crate::{
    model::{
        change::{Change, Rung},
        time::Timestamp,
    },
    server::adapters::{
        metrics::families::{
            CHANGE_DURATION, CHANGE_RUNG_DURATION, CHANGES_ENDED, CHANGES_REQUESTED, CHANGES_REVERTED,
        },
        traces::Traces,
    },
};

/// Counts and traces what a change has reached since. Call this after the journal has committed it.
pub fn record(before: Standing, change: &Change, traces: &Traces) {
    trace::record_progress(traces, before, change);
    let action = change.intent.action.slug();
    for (rung, at) in before.reached(change) {
        if rung == Rung::Requested {
            metrics::counter!(CHANGES_REQUESTED.name, "action" => action).increment(1);
        } else {
            metrics::histogram!(CHANGE_RUNG_DURATION.name, "action" => action, "rung" => label(rung.word()))
                .record(since_request(change, at));
        }
    }
    if let Some(ending) = before.ended(change) {
        let end = label(ending.how.word());
        metrics::counter!(CHANGES_ENDED.name, "action" => action, "end" => end.clone()).increment(1);
        metrics::histogram!(CHANGE_DURATION.name, "action" => action, "end" => end)
            .record(since_request(change, ending.at));
    }
    if before.is_reverted_now(change) {
        metrics::counter!(CHANGES_REVERTED.name).increment(1);
    }
}

fn since_request(change: &Change, at: Timestamp) -> Duration {
    let passed = at.millis_since(change.intent.requested_at);
    Duration::from_millis(u64::try_from(passed).unwrap_or(0))
}
