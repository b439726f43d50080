//! The reconciler's rules: from a change and one read of its stream, what happens next.
//! A pure function of what was observed; it never asks anybody and never sends anything.

use super::{
    Change, End, Ending, LastRead, Observation, Observed, Reverted, SETTLING_MS, SLOW_AFTER_MS, Slow, Step, Tally, TypicalDuration,
    judgement::Verdict,
};
use crate::model::{
    stream::{StreamReport, StreamStatus, is_same_creation},
    time::{DAY_MS, SECOND_MS, Timestamp},
};

/// *Not applied* needs this long since *sent* ...
const NOT_APPLIED_AFTER_MS: i64 = 120 * SECOND_MS;
/// ... and this many reads at least 10 s apart, all ACTIVE with the old state.
const NOT_APPLIED_READS: u32 = 3;
/// After *reached*, one contrary read may be an old answer; two at least 10 s apart are somebody else's change.
const CONTRARY_READS: u32 = 2;
/// A stream is gone when this many reads at least 10 s apart did not find it.
const MISSING_READS: u32 = 3;

/// What the journal writes after one read. Empty for a change that has ended or was never sent.
///
/// `now` is only used for the flag *slow* and for the 120 s of *not applied*; all evidence carries the time of its read. All
/// times are of one [timeline](crate::server::services::changes), which never goes back. `usual` is kept with the flag *slow*.
pub fn decide(change: &Change, observed: &Observation, now: Timestamp, usual: Option<TypicalDuration>) -> Vec<Step> {
    let Some(sent_at) = change.sent_at else { return Vec::new() };
    if !change.is_active() {
        return Vec::new();
    }
    let mut steps = match observed {
        Observation::Report(report) => decide_report(change, report, sent_at, now),
        Observation::NotFound { asked_at } if *asked_at >= sent_at => decide_missing(change, now),
        Observation::NotFound { .. } => Vec::new(),
        Observation::Failed { why } => failed(why.clone(), now),
    };
    let is_slow = change.slow.is_none() && change.reached_at.is_none() && now.millis_since(sent_at) >= SLOW_AFTER_MS;
    let progressed = steps.iter().any(|step| matches!(step, Step::Reached { .. } | Step::Ended(_)));
    if is_slow && !progressed {
        steps.push(Step::Slow(Slow { since: now, usual }));
    }
    steps
}

fn decide_report(change: &Change, report: &StreamReport, sent_at: Timestamp, now: Timestamp) -> Vec<Step> {
    // A read that was asked for before the call went out says nothing about its effect.
    if report.asked_at < sent_at {
        return Vec::new();
    }
    let saw = Observed::State { status: report.status.clone(), encryption: report.encryption.clone() };
    if report.arn != change.arn {
        // An answer about another stream says nothing about this one.
        return failed(format!("AWS answered for {}", report.arn), now);
    }
    let mut steps = vec![Step::Read(LastRead { at: report.read_at, saw: saw.clone() })];
    if !is_same_creation(report.created, change.stream_created) {
        steps.push(ended(now, End::Replaced { created: report.created }));
        return steps;
    }
    match report.status {
        StreamStatus::Active => steps.extend(decide_active(change, report, sent_at, now, saw)),
        StreamStatus::Updating if change.reached_at.is_none() => steps.push(Step::SeenUpdating { at: report.read_at }),
        StreamStatus::Updating => steps.extend([Step::SeriesBroken, Step::Steady { since: None }]),
        // A stream that is being deleted is either gone soon, or AWS reports it again: both are seen by later reads.
        StreamStatus::Creating | StreamStatus::Deleting | StreamStatus::Other(_) => {
            steps.push(Step::SeenUnclear { at: report.read_at });
            if change.reached_at.is_some() {
                steps.push(Step::Steady { since: None });
            }
        }
    }
    steps
}

fn failed(why: String, now: Timestamp) -> Vec<Step> {
    vec![Step::Read(LastRead { at: now, saw: Observed::Failed { why } }), Step::SeenNothing { at: now }]
}

fn decide_active(change: &Change, report: &StreamReport, sent_at: Timestamp, now: Timestamp, saw: Observed) -> Vec<Step> {
    let at = report.read_at;
    let verdict = change.verdict(&report.encryption, report.key_arn.as_deref());
    if change.reached_at.is_some() {
        return decide_reached(change, report, verdict, now, saw);
    }
    let is_late = at.millis_since(sent_at) >= NOT_APPLIED_AFTER_MS;
    match verdict {
        Verdict::Wanted => vec![Step::Reached { at, key: report.key().cloned() }],
        Verdict::Unclear => vec![Step::SeenUnclear { at }],
        Verdict::Old if is_late && change.old_state.with(at).reads >= NOT_APPLIED_READS => {
            vec![Step::SeenOldState { at }, ended(now, End::NotApplied)]
        }
        Verdict::Old => vec![Step::SeenOldState { at }],
        Verdict::Foreign if is_late && change.contrary.with(at).reads >= NOT_APPLIED_READS => {
            vec![Step::SeenContrary { at }, ended(now, End::Superseded { saw })]
        }
        Verdict::Foreign => vec![Step::SeenContrary { at }],
    }
}

/// A report of ACTIVE after *reached*.
fn decide_reached(change: &Change, report: &StreamReport, verdict: Verdict, now: Timestamp, saw: Observed) -> Vec<Step> {
    let at = report.read_at;
    if verdict == Verdict::Wanted {
        return match change.steady_since {
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
    if change.contrary.with(at).reads >= CONTRARY_READS {
        steps.push(ended(now, End::Superseded { saw }));
    } else {
        steps.push(Step::Steady { since: None });
    }
    steps
}

fn decide_missing(change: &Change, now: Timestamp) -> Vec<Step> {
    let mut steps = vec![Step::Read(LastRead { at: now, saw: Observed::NotFound }), Step::SeenMissing { at: now }];
    if change.reached_at.is_some() {
        steps.push(Step::Steady { since: None });
    }
    if change.missing.with(now).reads >= MISSING_READS {
        steps.push(ended(now, End::Superseded { saw: Observed::NotFound }));
    }
    steps
}

/// A settled change is watched this long for somebody who takes it back.
pub const WATCHED_AFTER_MS: i64 = 30 * DAY_MS;

/// What a read after *settled* means for a settled change. Like every contrary evidence it takes two reads at least 10 s
/// apart with no other report between them: one may be an old answer. A stream that was created again is another one, and
/// says nothing of this change.
///
/// `unchanged_since` is when the read began since which AWS has reported the same encryption: contrary reads from before it
/// don't count.
pub fn decide_after_settled(change: &Change, report: &StreamReport, unchanged_since: Timestamp) -> Vec<Step> {
    let Some(settled_at) = change.settled_at else { return Vec::new() };
    let at = report.read_at;
    let is_watched = change.reverted.is_none() && at.millis_since(settled_at) <= WATCHED_AFTER_MS;
    let is_this_stream = is_same_creation(report.created, change.stream_created) && report.arn == change.arn;
    if !is_watched || !is_this_stream || report.asked_at <= settled_at {
        return Vec::new();
    }
    if !change.is_contradicted_by(&report.encryption, report.key_arn.as_deref()) {
        return vec![Step::SeriesBroken];
    }
    let is_broken_off = change.contrary.since.is_some_and(|since| since < unchanged_since);
    let counted = if is_broken_off { &Tally::default() } else { &change.contrary };
    let mut steps = if is_broken_off { vec![Step::SeriesBroken] } else { Vec::new() };
    steps.push(Step::SeenContrary { at });
    if counted.with(at).reads >= CONTRARY_READS {
        let saw = Observed::State { status: report.status.clone(), encryption: report.encryption.clone() };
        steps.push(Step::Read(LastRead { at, saw: saw.clone() }));
        steps.push(Step::Reverted(Reverted { at, saw }));
    }
    steps
}

const fn ended(at: Timestamp, how: End) -> Step {
    Step::Ended(Ending { at, how })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{
        change::{
            Action, Resolved, Rung, RungState,
            tests::{report, requested_change, sent_change},
        },
        stream::encryption::EncryptionReport,
    };

    const SENT: i64 = 1_000_000;

    fn see(change: &mut Change, observed: &Observation, now: i64) {
        for step in decide(change, observed, Timestamp::from_millis(now), None) {
            change.apply(step);
        }
    }

    fn see_report(change: &mut Change, at: i64, status: &str, encryption: Option<&str>) {
        see(change, &Observation::Report(report(at, status, encryption)), at);
    }

    fn end(change: &Change) -> Option<&End> {
        change.end.as_ref().map(|ending| &ending.how)
    }

    #[test]
    fn the_usual_way_up_the_ladder() {
        let mut change = sent_change();
        see_report(&mut change, SENT + 500, "UPDATING", Some("KMS"));
        assert_eq!(change.last_lit(), Rung::Updating);
        see_report(&mut change, SENT + 6_000, "ACTIVE", Some("NONE"));
        assert_eq!(change.last_lit(), Rung::Reached);
        see_report(&mut change, SENT + 10_999, "ACTIVE", Some("NONE"));
        assert_eq!(change.last_lit(), Rung::Reached, "AWS's 5 s are not over");
        see_report(&mut change, SENT + 11_000, "ACTIVE", Some("NONE"));
        assert_eq!(end(&change), Some(&End::Settled));
        assert_eq!(change.settled_at, Some(Timestamp::from_millis(SENT + 11_000)));
    }

    #[test]
    fn active_from_before_the_change_is_not_success() {
        let mut change = sent_change();
        see_report(&mut change, SENT - 1, "ACTIVE", Some("NONE"));
        assert_eq!(change.last_lit(), Rung::Sent, "a read asked for before sending proves nothing");
        see_report(&mut change, SENT + 500, "ACTIVE", Some("KMS"));
        assert_eq!(change.last_lit(), Rung::Sent, "ACTIVE with the old state is \"not started yet\"");
        see_report(&mut change, SENT + 900, "ACTIVE", None);
        assert_eq!(change.last_lit(), Rung::Sent, "a missing type is not NONE");
    }

    /// An enable over the top, from `alias/orders` to `alias/ledger`, which means the key X.
    fn change_of_key(resolved: bool) -> Change {
        let mut change = requested_change();
        change.action = Action::Enable;
        change.from = Some(EncryptionReport::from_aws(Some("KMS"), Some("alias/orders")));
        change.key = Some("alias/ledger".parse().unwrap());
        let at = Timestamp::from_millis(SENT);
        change.resolved = resolved.then(|| Resolved { arn: KEY_X.parse().unwrap(), at });
        change.apply(Step::Sent { at, key: "alias/ledger".parse().unwrap(), sent_as: None });
        change
    }

    const KEY_X: &str = "arn:aws:kms:eu-west-1:111122223333:key/12345678-1234-1234-1234-123456789012";

    #[test]
    fn the_former_alias_pointed_to_the_new_key_proves_nothing_without_updating() {
        let mut change = change_of_key(true);
        let as_before = StreamReport { key_arn: Some(Box::new(KEY_X.parse().unwrap())), ..report(SENT + 1_000, "ACTIVE", Some("KMS")) };
        see(&mut change, &Observation::Report(as_before), SENT + 1_000);
        assert_eq!(change.last_lit(), Rung::Sent, "AWS reports what it reported before");
        for at in [60_000, 121_000, 135_000] {
            see_report(&mut change, SENT + at, "ACTIVE", Some("KMS"));
        }
        assert_eq!(end(&change), Some(&End::NotApplied), "a change of key does not wait for ever");
    }

    #[test]
    fn a_key_that_cannot_be_told_ends_a_change_only_with_evidence() {
        let mut change = change_of_key(false);
        let canonical =
            |at: i64| StreamReport { encryption: EncryptionReport::from_aws(Some("KMS"), Some(KEY_X)), ..report(at, "ACTIVE", None) };
        see(&mut change, &Observation::Report(canonical(SENT + 1_000)), SENT + 1_000);
        assert_eq!(change.last_lit(), Rung::Sent, "it may be somebody else's key");
        see_report(&mut change, SENT + 2_000, "UPDATING", Some("KMS"));
        see(&mut change, &Observation::Report(canonical(SENT + 3_000)), SENT + 3_000);
        assert_eq!(change.last_lit(), Rung::Updating, "UPDATING says nothing about who changed what");
        change.apply(Step::Accepted { at: Timestamp::from_millis(SENT + 3_500), request_id: None });
        see(&mut change, &Observation::Report(canonical(SENT + 4_000)), SENT + 4_000);
        assert_eq!(change.last_lit(), Rung::Reached, "it differs from before, and AWS took the call");
        let mut never_applied = change_of_key(false);
        for at in [1_000, 60_000, 121_000] {
            see_report(&mut never_applied, SENT + at, "ACTIVE", Some("KMS"));
        }
        assert_eq!(end(&never_applied), Some(&End::NotApplied));
    }

    #[test]
    fn an_enable_is_reached_with_its_own_key_only() {
        let mut change = change_of_key(true);
        let with = |at: i64, key: &str| StreamReport {
            encryption: EncryptionReport::from_aws(Some("KMS"), Some(key)),
            ..report(at, "ACTIVE", None)
        };
        let other = KEY_X.replace("9012", "9013");
        see(&mut change, &Observation::Report(with(SENT + 1_000, &other)), SENT + 1_000);
        assert_eq!(change.last_lit(), Rung::Sent);
        see(&mut change, &Observation::Report(with(SENT + 2_000, KEY_X)), SENT + 2_000);
        assert_eq!(change.last_lit(), Rung::Reached, "AWS may report the key's ARN for its alias");
    }

    #[test]
    fn none_while_updating_is_not_reached() {
        let mut change = sent_change();
        see_report(&mut change, SENT + 500, "UPDATING", Some("NONE"));
        assert_eq!(change.last_lit(), Rung::Updating);
    }

    #[test]
    fn not_applied_needs_two_minutes_and_three_spaced_reads() {
        let mut change = sent_change();
        for at in [1_000, 2_000, 3_000] {
            see_report(&mut change, SENT + at, "ACTIVE", Some("KMS"));
        }
        see_report(&mut change, SENT + 120_000, "ACTIVE", Some("KMS"));
        assert_eq!(end(&change), None, "three of four reads were within 10 s");
        see_report(&mut change, SENT + 125_000, "UPDATING", Some("KMS"));
        for at in [130_000, 140_000] {
            see_report(&mut change, SENT + at, "ACTIVE", Some("KMS"));
            assert_eq!(end(&change), None, "no read from before UPDATING counts");
        }
        see_report(&mut change, SENT + 150_000, "ACTIVE", Some("KMS"));
        assert_eq!(end(&change), Some(&End::NotApplied));
        assert_eq!(change.old_state.since, Some(Timestamp::from_millis(SENT + 130_000)));
    }

    #[test]
    fn a_change_of_key_that_aws_took_and_did_not_make_is_not_applied() {
        let mut change = change_of_key(false);
        change.apply(Step::Accepted { at: Timestamp::from_millis(SENT + 100), request_id: Some("r1".to_owned()) });
        see_report(&mut change, SENT + 500, "UPDATING", Some("KMS"));
        for at in [6_000, 60_000, 121_000] {
            assert_eq!((change.reached_at, end(&change)), (None, None));
            see_report(&mut change, SENT + at, "ACTIVE", Some("KMS"));
        }
        assert_eq!(end(&change), Some(&End::NotApplied));
    }

    #[test]
    fn an_enable_with_the_alias_that_was_there_before_is_never_called_not_applied() {
        let mut change = change_of_key(true);
        change.key = Some("alias/orders".parse().unwrap());
        change.apply(Step::Accepted { at: Timestamp::from_millis(SENT + 100), request_id: Some("r1".to_owned()) });
        for at in 0..60 {
            see_report(&mut change, SENT + 1_000 + at * 10_000, "ACTIVE", Some("KMS"));
        }
        assert_eq!((change.last_lit(), end(&change)), (Rung::Accepted, None));
        assert!(change.can_be_closed(), "it can't be judged, so a person may close it");
    }

    #[test]
    fn what_cannot_be_judged_may_be_closed_after_five_minutes() {
        let failed = Observation::Failed { why: "denied".to_owned() };
        let mut refused = sent_change();
        for at in [1_000, 200_000, 299_999] {
            see(&mut refused, &failed, SENT + at);
            assert!(!refused.can_be_closed(), "{at}");
        }
        see(&mut refused, &failed, SENT + 300_000);
        assert!(refused.can_be_closed());
        see_report(&mut refused, SENT + 310_000, "UPDATING", Some("KMS"));
        assert!(!refused.can_be_closed(), "it is being judged again");
        see(&mut refused, &failed, SENT + 320_000);
        assert!(!refused.can_be_closed(), "one failed read is no reason");
        let mut unstated = sent_change();
        see_report(&mut unstated, SENT + 1_000, "ACTIVE", None);
        see_report(&mut unstated, SENT + 300_000, "ACTIVE", None);
        assert!(unstated.can_be_closed());
        unstated.apply(Step::Ended(Ending { at: Timestamp::from_millis(SENT + 301_000), how: End::Expired }));
        assert!(!unstated.can_be_closed());
    }

    #[test]
    fn an_answer_about_another_stream_is_a_failed_read() {
        let mut change = sent_change();
        let arn = "arn:aws:kinesis:eu-west-1:111122223333:stream/other".parse().unwrap();
        see(&mut change, &Observation::Report(StreamReport { arn, ..report(SENT + 500, "ACTIVE", Some("NONE")) }), SENT + 500);
        assert_eq!((change.reached_at, end(&change)), (None, None));
        assert!(matches!(&change.last_read, Some(LastRead { saw: Observed::Failed { .. }, .. })), "{change:?}");
    }

    #[test]
    fn a_creation_time_that_is_rounded_is_the_same_stream() {
        let mut change = sent_change();
        let created = change.stream_created.plus_millis(900);
        see(&mut change, &Observation::Report(StreamReport { created, ..report(SENT + 500, "ACTIVE", Some("NONE")) }), SENT + 500);
        assert_eq!(change.last_lit(), Rung::Reached);
    }

    #[test]
    fn another_key_after_two_minutes_is_somebody_else() {
        let mut change = sent_change();
        for at in [1_000, 60_000, 121_000] {
            let mut other = report(SENT + at, "ACTIVE", Some("KMS"));
            other.encryption = EncryptionReport::from_aws(Some("KMS"), Some("alias/other"));
            see(&mut change, &Observation::Report(other), SENT + at);
        }
        assert!(matches!(end(&change), Some(End::Superseded { .. })));
    }

    #[test]
    fn encryption_that_comes_back_after_reached_is_superseded_and_never_settled() {
        let mut change = sent_change();
        see_report(&mut change, SENT + 1_000, "ACTIVE", Some("NONE"));
        see_report(&mut change, SENT + 7_000, "ACTIVE", Some("KMS"));
        assert_eq!(end(&change), None, "one read may be an old answer");
        see_report(&mut change, SENT + 17_000, "ACTIVE", Some("KMS"));
        assert!(matches!(end(&change), Some(End::Superseded { .. })));
    }

    #[test]
    fn movement_after_reached_starts_the_five_seconds_again() {
        let mut change = sent_change();
        see_report(&mut change, SENT + 1_000, "ACTIVE", Some("NONE"));
        see_report(&mut change, SENT + 3_000, "UPDATING", Some("NONE"));
        see_report(&mut change, SENT + 7_000, "ACTIVE", Some("NONE"));
        assert_eq!(end(&change), None);
        see_report(&mut change, SENT + 12_000, "ACTIVE", Some("NONE"));
        assert_eq!(end(&change), Some(&End::Settled));
        assert_eq!(change.rung(Rung::Updating), RungState::NotObserved, "that UPDATING came after reached");
    }

    #[test]
    fn another_creation_time_is_another_stream() {
        let mut change = sent_change();
        let mut other = report(SENT + 500, "ACTIVE", Some("NONE"));
        other.created = Timestamp::from_millis(999_999);
        see(&mut change, &Observation::Report(other), SENT + 500);
        assert_eq!(end(&change), Some(&End::Replaced { created: Timestamp::from_millis(999_999) }), "more than rounding");
    }

    #[test]
    fn a_stream_that_stays_missing_was_taken_away() {
        let mut change = sent_change();
        for at in [1_000, 2_000, 11_000] {
            see(&mut change, &Observation::NotFound { asked_at: Timestamp::from_millis(SENT + at) }, SENT + at);
        }
        assert_eq!(end(&change), None);
        see_report(&mut change, SENT + 15_000, "UPDATING", Some("KMS"));
        for at in [21_000, 31_000] {
            see(&mut change, &Observation::NotFound { asked_at: Timestamp::from_millis(SENT + at) }, SENT + at);
        }
        assert_eq!(end(&change), None, "it was there in between");
        see(&mut change, &Observation::NotFound { asked_at: Timestamp::from_millis(SENT + 41_000) }, SENT + 41_000);
        assert_eq!(end(&change), Some(&End::Superseded { saw: Observed::NotFound }));
    }

    fn settled_change() -> Change {
        let mut change = sent_change();
        see_report(&mut change, SENT + 1_000, "ACTIVE", Some("NONE"));
        see_report(&mut change, SENT + 7_000, "ACTIVE", Some("NONE"));
        assert_eq!(end(&change), Some(&End::Settled));
        change
    }

    fn see_later(change: &mut Change, report: &StreamReport) {
        see_unchanged(change, report, Timestamp::from_millis(0));
    }

    fn see_unchanged(change: &mut Change, report: &StreamReport, since: Timestamp) {
        for step in decide_after_settled(change, report, since) {
            change.apply(step);
        }
    }

    #[test]
    fn contrary_reads_with_the_wanted_state_between_them_revert_nothing() {
        let mut seen = settled_change();
        see_later(&mut seen, &report(SENT + 80_000, "ACTIVE", Some("KMS")));
        see_later(&mut seen, &report(SENT + 90_000, "ACTIVE", Some("NONE")));
        see_later(&mut seen, &report(SENT + 200_000, "ACTIVE", Some("KMS")));
        assert_eq!(seen.reverted, None, "a read of the wanted state lies between them");
        see_later(&mut seen, &report(SENT + 210_000, "ACTIVE", Some("KMS")));
        assert!(seen.reverted.is_some());
        let mut unseen = settled_change();
        see_later(&mut unseen, &report(SENT + 80_000, "ACTIVE", Some("KMS")));
        let since = Timestamp::from_millis(SENT + 200_000);
        see_unchanged(&mut unseen, &report(SENT + 200_000, "ACTIVE", Some("KMS")), since);
        assert_eq!(unseen.reverted, None, "another report came in between, though nobody told the watch");
        see_unchanged(&mut unseen, &report(SENT + 210_000, "ACTIVE", Some("KMS")), since);
        assert!(unseen.reverted.is_some());
    }

    #[test]
    fn encryption_that_comes_back_after_settled_is_reverted_once_two_reads_say_so() {
        let mut change = settled_change();
        see_later(&mut change, &report(SENT + 7_000, "ACTIVE", Some("KMS")));
        see_later(&mut change, &report(SENT + 60_000, "ACTIVE", Some("NONE")));
        see_later(&mut change, &report(SENT + 70_000, "ACTIVE", None));
        assert_eq!(change.contrary.reads, 0, "not after settled, not contrary, not stated");
        see_later(&mut change, &report(SENT + 80_000, "ACTIVE", Some("KMS")));
        see_later(&mut change, &report(SENT + 89_999, "ACTIVE", Some("KMS")));
        assert_eq!(change.reverted, None, "two reads within 10 s are one observation");
        see_later(&mut change, &report(SENT + 90_000, "UPDATING", Some("KMS")));
        let reverted = change.reverted.clone().unwrap();
        assert_eq!((reverted.at, reverted.saw.words()), (Timestamp::from_millis(SENT + 90_000), "UPDATING, KMS".to_owned()));
        assert_eq!(end(&change), Some(&End::Settled), "it did settle");
    }

    #[test]
    fn another_stream_of_the_same_name_and_the_thirty_first_day_revert_nothing() {
        let mut change = settled_change();
        for at in [100_000, 200_000] {
            let mut other = report(SENT + at, "ACTIVE", Some("KMS"));
            other.created = Timestamp::from_millis(77);
            see_later(&mut change, &other);
        }
        let settled_at = change.settled_at.unwrap().as_millis();
        for at in [WATCHED_AFTER_MS + 1, WATCHED_AFTER_MS + 60_000] {
            see_later(&mut change, &report(settled_at + at, "ACTIVE", Some("KMS")));
        }
        assert_eq!((change.contrary.reads, change.reverted.clone()), (0, None));
        see_later(&mut sent_change(), &report(SENT + 90_000, "ACTIVE", Some("KMS")));
    }

    #[test]
    fn five_minutes_without_the_wanted_state_are_slow() {
        let mut change = sent_change();
        see_report(&mut change, SENT + 299_999, "UPDATING", Some("KMS"));
        assert_eq!(change.slow, None);
        see(&mut change, &Observation::Failed { why: "time-out".to_owned() }, SENT + 300_000);
        assert_eq!(change.slow, Some(Slow { since: Timestamp::from_millis(SENT + 300_000), usual: None }));
        assert!(change.is_active(), "slow is a flag, not an end");
    }

    #[test]
    fn what_was_never_sent_is_never_decided() {
        let observed = Observation::Report(report(SENT + 500, "ACTIVE", Some("NONE")));
        assert!(decide(&requested_change(), &observed, Timestamp::from_millis(SENT + 500), None).is_empty());
    }

    fn observations() -> impl Strategy<Value = Vec<(i64, Observation)>> {
        let status = prop_oneof![Just("ACTIVE"), Just("UPDATING"), Just("CREATING"), Just("DELETING"), Just("NEW")];
        let encryption = prop_oneof![Just(Some("KMS")), Just(Some("NONE")), Just(None), Just(Some("NEW"))];
        let one = (0i64..20_000, 0u8..12, status, encryption, -3_000i64..3_000, prop::bool::weighted(0.05));
        prop::collection::vec(one, 1..60).prop_map(|steps| {
            let mut now = SENT - 2_000;
            steps
                .into_iter()
                .map(|(wait, kind, status, encryption, lag, is_replaced)| {
                    now += wait;
                    let observed = match kind {
                        0 => Observation::NotFound { asked_at: Timestamp::from_millis(now) },
                        1 => Observation::Failed { why: "x".to_owned() },
                        _ => {
                            let mut seen = report(now, status, encryption);
                            seen.asked_at = Timestamp::from_millis(now - lag.abs());
                            if is_replaced {
                                seen.created = Timestamp::from_millis(1_000_000);
                            }
                            Observation::Report(seen)
                        }
                    };
                    (now, observed)
                })
                .collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        /// Whatever is observed in whatever order: no rung without its evidence, none taken back, and an end is an end.
        #[test]
        fn no_rung_is_lit_without_evidence(observations in observations()) {
            let mut change = sent_change();
            let sent = Timestamp::from_millis(SENT);
            let (mut saw_updating, mut saw_wanted_at, mut saw_other_key_or_gone) = (false, Vec::new(), false);
            for (now, observed) in observations {
                let before = change.clone();
                see(&mut change, &observed, now);
                if let Observation::Report(seen) = &observed
                    && seen.asked_at >= sent
                {
                    saw_updating |= seen.status == StreamStatus::Updating;
                    if seen.status == StreamStatus::Active && seen.encryption == EncryptionReport::NotEncrypted {
                        saw_wanted_at.push(seen.asked_at);
                    }
                    saw_other_key_or_gone |= seen.created != change.stream_created;
                }
                saw_other_key_or_gone |= matches!(observed, Observation::NotFound { .. });

                for rung in Rung::ALL {
                    if let RungState::Lit(at) = before.rung(rung) {
                        prop_assert_eq!(change.rung(rung), RungState::Lit(at), "a lit rung stays as it was");
                    }
                }
                if !before.is_active() {
                    prop_assert_eq!(&change, &before, "an ended change does not move");
                }
            }
            prop_assert!(change.updating_at.is_none() || saw_updating);
            prop_assert!(change.reached_at.is_none() || !saw_wanted_at.is_empty());
            if let Some(Ending { how, .. }) = &change.end {
                match how {
                    End::Settled => {
                        let first = saw_wanted_at.first().copied().unwrap();
                        let last = saw_wanted_at.last().copied().unwrap();
                        prop_assert!(last.millis_since(first) >= SETTLING_MS, "settled needs a second read after 5 s");
                        prop_assert!(change.reached_at.is_some());
                    }
                    End::NotApplied => prop_assert!(change.old_state.reads >= NOT_APPLIED_READS && change.reached_at.is_none()),
                    End::Superseded { saw: Observed::NotFound } | End::Replaced { .. } => prop_assert!(saw_other_key_or_gone),
                    End::Superseded { .. } => prop_assert!(change.reached_at.is_some() || change.contrary.reads >= NOT_APPLIED_READS),
                    End::Rejected(_) | End::Expired | End::NotEstablished { .. } => prop_assert!(false, "reading decides none of these"),
                }
            }
        }
    }
}
