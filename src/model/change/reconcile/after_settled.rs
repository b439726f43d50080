//! What reads after *settled* mean: someone may revert the change.

use super::CONTRARY_READS;
use crate::model::{
    change::{Change, LastRead, Observed, Reverted, Step, Tally},
    stream::{StreamReport, is_same_creation},
    time::{DAY_MS, Timestamp},
};

/// How long a settled change is watched for a revert.
pub const WATCHED_AFTER_MS: i64 = 30 * DAY_MS;

/// Decides what a read after *settled* means for a settled change.
///
/// As always, contrary evidence takes two reads at least 10 s apart with no other report between them, because one may
/// be an old answer. A re-created stream is another stream, and says nothing about this change.
///
/// `unchanged_since` is the start of the first read since which AWS has reported the same encryption. Earlier contrary
/// reads don't count.
pub fn decide_after_settled(change: &Change, report: &StreamReport, unchanged_since: Timestamp) -> Vec<Step> {
    let Some(settled_at) = change.evidence.settled_at else { return Vec::new() };
    let at = report.read_at;
    let is_watched = change.evidence.reverted.is_none() && at.millis_since(settled_at) <= WATCHED_AFTER_MS;
    let is_this_stream =
        is_same_creation(report.created, change.intent.stream_created) && report.arn == change.intent.arn;
    if !is_watched || !is_this_stream || report.asked_at <= settled_at {
        return Vec::new();
    }
    if !change.is_contradicted_by(&report.encryption, report.key_arn.as_deref()) {
        return vec![Step::SeriesBroken];
    }
    let is_broken_off = change.tallies.contrary.since.is_some_and(|since| since < unchanged_since);
    let counted = if is_broken_off { &Tally::default() } else { &change.tallies.contrary };
    let mut steps = if is_broken_off { vec![Step::SeriesBroken] } else { Vec::new() };
    steps.push(Step::SeenContrary { at });
    if counted.with(at).reads >= CONTRARY_READS {
        let observed = Observed::from(report);
        steps.push(Step::Read(LastRead { at, observed: observed.clone() }));
        steps.push(Step::Reverted(Reverted { at, observed }));
    }
    steps
}
