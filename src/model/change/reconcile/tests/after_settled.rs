//! Tests of reads after *settled*.

use super::*;
use crate::model::change::tests::sent_change;

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
    assert_eq!(seen.evidence.reverted, None, "a read of the wanted state lies between them");
    see_later(&mut seen, &report(SENT + 210_000, "ACTIVE", Some("KMS")));
    assert!(seen.evidence.reverted.is_some());
    let mut unseen = settled_change();
    see_later(&mut unseen, &report(SENT + 80_000, "ACTIVE", Some("KMS")));
    let since = Timestamp::from_millis(SENT + 200_000);
    see_unchanged(&mut unseen, &report(SENT + 200_000, "ACTIVE", Some("KMS")), since);
    assert_eq!(unseen.evidence.reverted, None, "another report came in between, though nobody told the watch");
    see_unchanged(&mut unseen, &report(SENT + 210_000, "ACTIVE", Some("KMS")), since);
    assert!(unseen.evidence.reverted.is_some());
}

#[test]
fn encryption_that_comes_back_after_settled_is_reverted_once_two_reads_say_so() {
    let mut change = settled_change();
    see_later(&mut change, &report(SENT + 7_000, "ACTIVE", Some("KMS")));
    see_later(&mut change, &report(SENT + 60_000, "ACTIVE", Some("NONE")));
    see_later(&mut change, &report(SENT + 70_000, "ACTIVE", None));
    assert_eq!(change.tallies.contrary.reads, 0, "not after settled, not contrary, not stated");
    see_later(&mut change, &report(SENT + 80_000, "ACTIVE", Some("KMS")));
    see_later(&mut change, &report(SENT + 89_999, "ACTIVE", Some("KMS")));
    assert_eq!(change.evidence.reverted, None, "two reads within 10 s are one observation");
    see_later(&mut change, &report(SENT + 90_000, "UPDATING", Some("KMS")));
    let reverted = change.evidence.reverted.clone().unwrap();
    assert_eq!(
        (reverted.at, reverted.observed.to_string()),
        (Timestamp::from_millis(SENT + 90_000), "UPDATING, KMS".to_owned())
    );
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
    let settled_at = change.evidence.settled_at.unwrap().as_millis();
    for at in [WATCHED_AFTER_MS + 1, WATCHED_AFTER_MS + 60_000] {
        see_later(&mut change, &report(settled_at + at, "ACTIVE", Some("KMS")));
    }
    assert_eq!((change.tallies.contrary.reads, change.evidence.reverted.clone()), (0, None));
    see_later(&mut sent_change(), &report(SENT + 90_000, "ACTIVE", Some("KMS")));
}
