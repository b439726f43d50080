//! Tests of reads from *sent* to the end.

use super::*;
use crate::model::change::{Rung, RungState, tests::sent_change};

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
    assert_eq!(change.evidence.settled_at, Some(Timestamp::from_millis(SENT + 11_000)));
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

#[test]
fn the_former_alias_pointed_to_the_new_key_proves_nothing_without_updating() {
    let mut change = change_of_key(true);
    let as_before =
        StreamReport { key_arn: Some(Box::new(KEY_X.parse().unwrap())), ..report(SENT + 1_000, "ACTIVE", Some("KMS")) };
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
    let canonical = |at: i64| StreamReport {
        encryption: EncryptionReport::from_aws(Some("KMS"), Some(KEY_X)),
        ..report(at, "ACTIVE", None)
    };
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
    assert_eq!(change.tallies.old_state.since, Some(Timestamp::from_millis(SENT + 130_000)));
}

#[test]
fn a_change_of_key_that_aws_took_and_did_not_make_is_not_applied() {
    let mut change = change_of_key(false);
    change.apply(Step::Accepted { at: Timestamp::from_millis(SENT + 100), request_id: Some("r1".to_owned()) });
    see_report(&mut change, SENT + 500, "UPDATING", Some("KMS"));
    for at in [6_000, 60_000, 121_000] {
        assert_eq!((change.evidence.reached_at, end(&change)), (None, None));
        see_report(&mut change, SENT + at, "ACTIVE", Some("KMS"));
    }
    assert_eq!(end(&change), Some(&End::NotApplied));
}

#[test]
fn an_enable_with_the_alias_that_was_there_before_is_never_called_not_applied() {
    let mut change = change_of_key(true);
    change.intent.key = Some("alias/orders".parse().unwrap());
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
    see(
        &mut change,
        &Observation::Report(StreamReport { arn, ..report(SENT + 500, "ACTIVE", Some("NONE")) }),
        SENT + 500,
    );
    assert_eq!((change.evidence.reached_at, end(&change)), (None, None));
    assert!(
        matches!(&change.evidence.last_read, Some(LastRead { observed: Observed::Failed { .. }, .. })),
        "{change:?}"
    );
}

#[test]
fn a_creation_time_that_is_rounded_is_the_same_stream() {
    let mut change = sent_change();
    let created = change.intent.stream_created.plus_millis(900);
    see(
        &mut change,
        &Observation::Report(StreamReport { created, ..report(SENT + 500, "ACTIVE", Some("NONE")) }),
        SENT + 500,
    );
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
    assert_eq!(end(&change), Some(&End::Superseded { observed: Observed::NotFound }));
}

#[test]
fn five_minutes_without_the_wanted_state_are_slow() {
    let mut change = sent_change();
    see_report(&mut change, SENT + 299_999, "UPDATING", Some("KMS"));
    assert_eq!(change.evidence.slow, None);
    see(&mut change, &Observation::Failed { why: "time-out".to_owned() }, SENT + 300_000);
    assert_eq!(change.evidence.slow, Some(Slow { since: Timestamp::from_millis(SENT + 300_000), usual: None }));
    assert!(change.is_active(), "slow is a flag, not an end");
}

#[test]
fn what_was_never_sent_is_never_decided() {
    let observed = Observation::Report(report(SENT + 500, "ACTIVE", Some("NONE")));
    assert!(decide(&requested_change(), &observed, Timestamp::from_millis(SENT + 500), None).is_empty());
}
