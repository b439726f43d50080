//! The reconciler's rules: what one read of its stream means for a change.
//!
//! A pure function of observations. It reads nothing and sends nothing.

mod after_settled;
#[cfg(test)]
mod tests;

pub use self::after_settled::{WATCHED_AFTER_MS, decide_after_settled};
use super::{
    Change, End, Ending, LastRead, Observation, Observed, SETTLING_MS, SLOW_AFTER_MS, Slow, Step, TypicalDuration,
    judgement::Verdict,
};
use crate::model::{
    stream::{StreamReport, StreamStatus, is_same_creation},
    time::{SECOND_MS, Timestamp},
};

/// *Not applied* needs this long since *sent* ...
const NOT_APPLIED_AFTER_MS: i64 = 120 * SECOND_MS;

/// ... and this many reads at least 10 s apart, all ACTIVE with the old state.
const NOT_APPLIED_READS: u32 = 3;

/// After *reached*, one contrary read may be an old answer. Two, at least 10 s apart, mean that someone else changed
/// the stream.
const CONTRARY_READS: u32 = 2;

/// A stream is gone after this many reads, at least 10 s apart, that didn't find it.
const MISSING_READS: u32 = 3;

/// Returns the steps that follow from one read. Empty for a change that has ended or was never sent.
///
/// `now` decides only the flag *slow* and the 120 s of *not applied*; all evidence has the time of its read. All times
/// are of one [timeline](crate::server::services::changes), which never goes back. `usual` is stored with the flag
/// *slow*.
pub fn decide(change: &Change, observed: &Observation, now: Timestamp, usual: Option<TypicalDuration>) -> Vec<Step> {
    let Some(sent_at) = change.evidence.sent_at else { return Vec::new() };
    if !change.is_active() {
        return Vec::new();
    }
    let mut steps = match observed {
        Observation::Report(report) => decide_report(change, report, sent_at, now),
        Observation::NotFound { asked_at } if *asked_at >= sent_at => decide_missing(change, now),
        Observation::NotFound { .. } => Vec::new(),
        Observation::Failed { why } => failed(why.clone(), now),
    };
    let is_slow = change.evidence.slow.is_none()
        && change.evidence.reached_at.is_none()
        && now.millis_since(sent_at) >= SLOW_AFTER_MS;
    let progressed = steps.iter().any(|step| matches!(step, Step::Reached { .. } | Step::Ended(_)));
    if is_slow && !progressed {
        steps.push(Step::Slow(Slow { since: now, usual }));
    }
    steps
}

fn decide_report(change: &Change, report: &StreamReport, sent_at: Timestamp, now: Timestamp) -> Vec<Step> {
    // A read that was requested before the call says nothing about its effect.
    if report.asked_at < sent_at {
        return Vec::new();
    }
    let observed = Observed::from(report);
    if report.arn != change.intent.arn {
        // An answer about another stream says nothing about this one.
        return failed(format!("AWS answered for {}", report.arn), now);
    }
    let mut steps = vec![Step::Read(LastRead { at: report.read_at, observed: observed.clone() })];
    if !is_same_creation(report.created, change.intent.stream_created) {
        steps.push(ended(now, End::Replaced { created: report.created }));
        return steps;
    }
    match report.status {
        StreamStatus::Active => steps.extend(decide_active(change, report, sent_at, now, observed)),
        StreamStatus::Updating if change.evidence.reached_at.is_none() => {
            steps.push(Step::SeenUpdating { at: report.read_at });
        }
        StreamStatus::Updating => steps.extend([Step::SeriesBroken, Step::Steady { since: None }]),
        // A stream being deleted is soon gone, or reported again. Later reads show which.
        StreamStatus::Creating | StreamStatus::Deleting | StreamStatus::Other(_) => {
            steps.push(Step::SeenUnclear { at: report.read_at });
            if change.evidence.reached_at.is_some() {
                steps.push(Step::Steady { since: None });
            }
        }
    }
    steps
}

fn failed(why: String, now: Timestamp) -> Vec<Step> {
    vec![Step::Read(LastRead { at: now, observed: Observed::Failed { why } }), Step::SeenNothing { at: now }]
}

fn decide_active(
    change: &Change,
    report: &StreamReport,
    sent_at: Timestamp,
    now: Timestamp,
    observed: Observed,
) -> Vec<Step> {
    let at = report.read_at;
    let verdict = change.verdict(&report.encryption, report.key_arn.as_deref());
    if change.evidence.reached_at.is_some() {
        return decide_reached(change, report, verdict, now, observed);
    }
    let is_late = at.millis_since(sent_at) >= NOT_APPLIED_AFTER_MS;
    match verdict {
        Verdict::Wanted => vec![Step::Reached { at, key: report.key().cloned() }],
        Verdict::Unclear => vec![Step::SeenUnclear { at }],
        Verdict::Old if is_late && change.tallies.old_state.with(at).reads >= NOT_APPLIED_READS => {
            vec![Step::SeenOldState { at }, ended(now, End::NotApplied)]
        }
        Verdict::Old => vec![Step::SeenOldState { at }],
        Verdict::Foreign if is_late && change.tallies.contrary.with(at).reads >= NOT_APPLIED_READS => {
            vec![Step::SeenContrary { at }, ended(now, End::Superseded { observed })]
        }
        Verdict::Foreign => vec![Step::SeenContrary { at }],
    }
}

/// Decides on a report of ACTIVE after *reached*.
fn decide_reached(
    change: &Change,
    report: &StreamReport,
    verdict: Verdict,
    now: Timestamp,
    observed: Observed,
) -> Vec<Step> {
    let at = report.read_at;
    if verdict == Verdict::Wanted {
        return match change.evidence.steady_since {
            None => vec![Step::Steady { since: Some(at) }],
            // The confirming read must itself begin after AWS's 5 s.
            Some(since) if report.asked_at.millis_since(since) >= SETTLING_MS => vec![ended(at, End::Settled)],
            Some(_) => Vec::new(),
        };
    }
    if !change.is_contradicted_by(&report.encryption, report.key_arn.as_deref()) {
        return vec![Step::SeenUnclear { at }];
    }
    let mut steps = vec![Step::SeenContrary { at }];
    if change.tallies.contrary.with(at).reads >= CONTRARY_READS {
        steps.push(ended(now, End::Superseded { observed }));
    } else {
        steps.push(Step::Steady { since: None });
    }
    steps
}

fn decide_missing(change: &Change, now: Timestamp) -> Vec<Step> {
    let mut steps = vec![Step::Read(LastRead { at: now, observed: Observed::NotFound }), Step::SeenMissing { at: now }];
    if change.evidence.reached_at.is_some() {
        steps.push(Step::Steady { since: None });
    }
    if change.tallies.missing.with(now).reads >= MISSING_READS {
        steps.push(ended(now, End::Superseded { observed: Observed::NotFound }));
    }
    steps
}

const fn ended(at: Timestamp, how: End) -> Step {
    Step::Ended(Ending { at, how })
}
