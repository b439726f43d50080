//! Changes and reports for tests, and properties of a change as a whole.

use super::*;
use crate::model::{
    access::audit_action::AuditAction,
    stream::{StreamReport, StreamStatus, encryption::EncryptionReport},
    time::Timestamp,
};

/// Returns a disable of `orders-prod`, sent at 1 000 000 ms.
pub fn sent_change() -> Change {
    let mut change = requested_change();
    change.apply(sent(1_000_000));
    change
}

/// Returns the step that records that change as sent.
pub fn sent(at: i64) -> Step {
    Step::Sent { at: Timestamp::from_millis(at), key: "alias/orders".parse().unwrap(), sent_as: None }
}

/// Returns the same change, recorded but not sent.
pub fn requested_change() -> Change {
    let intent = Intent {
        action: Action::Disable,
        arn: "arn:aws:kinesis:eu-west-1:111122223333:stream/orders-prod".parse().unwrap(),
        stream_created: Timestamp::from_millis(5_000),
        key: Some("alias/orders".parse().unwrap()),
        resolved: None,
        from: Some(EncryptionReport::from_aws(Some("KMS"), Some("alias/orders"))),
        from_key: None,
        retention_hours: 24,
        actor: "mira".to_owned(),
        reason: "OPS-1".to_owned(),
        quota_reason: None,
        requested_at: Timestamp::from_millis(999_000),
        armed_until: None,
    };
    Change::requested("c1".to_owned(), intent)
}

/// Returns a report of that stream, requested and answered at `at` milliseconds.
pub fn report(at: i64, status: &str, encryption_type: Option<&str>) -> StreamReport {
    let change = requested_change();
    StreamReport {
        arn: change.intent.arn,
        status: StreamStatus::from(status.to_owned()),
        encryption: EncryptionReport::from_aws(encryption_type, Some("alias/orders")),
        created: change.intent.stream_created,
        retention_hours: 24,
        open_shards: 1,
        mode: None,
        consumers: None,
        key_arn: None,
        asked_at: Timestamp::from_millis(at),
        read_at: Timestamp::from_millis(at),
    }
}

#[test]
fn an_unlit_rung_says_whether_it_can_still_come() {
    let mut change = sent_change();
    assert_eq!(change.rung(Rung::Updating), RungState::NotYet);
    assert_eq!(change.rung(Rung::Accepted), RungState::NotYet);
    change.apply(Step::LostTrack { at: Timestamp::from_millis(1_010_000), why: "no answer".to_owned() });
    assert_eq!(change.rung(Rung::Accepted), RungState::NotObserved);
    change.apply(Step::Reached { at: Timestamp::from_millis(1_020_000), key: None });
    assert_eq!(change.rung(Rung::Updating), RungState::NotObserved);
    assert_eq!(change.rung(Rung::Settled), RungState::NotYet);
    assert_eq!(change.current_rung(), Some(Rung::Reached));
}

#[test]
fn a_change_that_may_have_been_sent_lights_no_rung_for_it() {
    let at = Timestamp::from_millis;
    let mut change = requested_change();
    let doubted = Step::MaybeSent { at: at(1_010_000), why: "failed over".to_owned() };
    change.apply(doubted.clone());
    assert_eq!((change.rung(Rung::Sent), change.last_lit()), (RungState::NotObserved, Rung::Requested));
    assert!(change.is_unknown() && change.may_have_acted() && !change.is_waiting());
    assert_eq!((change.evidence.sent_at, change.evidence.known_sent_at()), (Some(at(1_010_000)), None));
    change.apply(Step::Reached { at: at(1_020_000), key: None });
    assert_eq!(change.took_ms(), None);
    let stored = serde_json::to_string(&change).unwrap();
    assert_eq!(serde_json::from_str::<Change>(&stored).unwrap(), change);

    let mut sent = sent_change();
    sent.apply(doubted);
    assert_eq!(sent, sent_change(), "what is known stays known");
}

#[test]
fn what_the_database_lost_is_put_back() {
    let sent = [AuditAction::ChangeSent];
    let mut lost = requested_change();
    assert_eq!(lost.put_back(&sent_change(), true), sent);
    assert_eq!(lost, sent_change());
    assert_eq!(lost.put_back(&sent_change(), true), [], "it is there");
    assert_eq!(requested_change().put_back(&requested_change(), true), []);

    let at = Timestamp::from_millis;
    let mut doubted = requested_change();
    doubted.apply(Step::MaybeSent { at: at(1_010_000), why: "failed over".to_owned() });
    assert_eq!(doubted.put_back(&sent_change(), true), sent);
    assert_eq!(doubted.rung(Rung::Sent), RungState::Lit(at(1_000_000)));
    assert!(doubted.is_unknown(), "what became of it isn't known by that");

    // Everything that it was known to have come to.
    let mut known = Change { rev: 9, ..sent_change() };
    known.apply(Step::Accepted { at: at(1_000_500), request_id: Some("aws-1".to_owned()) });
    known.apply(Step::SeenUpdating { at: at(1_002_000) });
    known.apply(Step::Reached { at: at(1_010_000), key: None });
    known.apply(Step::Steady { since: Some(at(1_010_000)) });
    for mut lost in [requested_change(), sent_change(), doubted] {
        let actions = lost.put_back(&known, true);
        let found = [AuditAction::ChangeAccepted, AuditAction::ChangeUpdating, AuditAction::ChangeReached];
        assert!(actions.ends_with(&found), "{actions:?}");
        assert_eq!(Change { rev: known.rev, ..lost }, known);
    }
    let mut unknown = Change { rev: 9, ..sent_change() };
    unknown.apply(Step::LostTrack { at: at(1_001_000), why: "no answer".to_owned() });
    let mut lost = sent_change();
    assert_eq!(lost.put_back(&unknown, true), [AuditAction::ChangeOutcomeUnknown]);
    assert_eq!(Change { rev: 9, ..lost }, unknown);

    // A doubt is restored as one.
    let mut doubted = Change { rev: 9, ..requested_change() };
    doubted.apply(Step::MaybeSent { at: at(1_010_000), why: "failed over".to_owned() });
    let mut lost = requested_change();
    assert_eq!(lost.put_back(&doubted, true), [AuditAction::ChangeOutcomeUnknown]);
    assert_eq!(Change { rev: 9, ..lost }, doubted);

    // Of a late answer, only what can't be found again.
    let mut late = sent_change();
    assert_eq!(late.put_back(&known, false), [AuditAction::ChangeAccepted]);
    assert_eq!((late.evidence.reached_at, late.evidence.accepted), (None, known.evidence.accepted.clone()));

    // Whoever has moved it since knows more.
    let mut moved = Change { rev: 10, ..known.clone() };
    moved.apply(Step::Steady { since: None });
    let expected = moved.clone();
    assert_eq!(moved.put_back(&known, true), []);
    assert_eq!(moved, expected);
}

#[test]
fn the_current_rung_follows_the_end() {
    let mut settled = sent_change();
    settled.apply(Step::Reached { at: Timestamp::from_millis(1_001_000), key: None });
    settled.apply(Step::Ended(Ending { at: Timestamp::from_millis(1_007_000), how: End::Settled }));
    assert_eq!(settled.current_rung(), Some(Rung::Settled));
    let mut expired = requested_change();
    assert_eq!(expired.current_rung(), Some(Rung::Requested));
    expired.apply(Step::Ended(Ending { at: Timestamp::from_millis(1), how: End::Expired }));
    assert_eq!(expired.current_rung(), None);
    assert_eq!(expired.rung(Rung::Sent), RungState::NotObserved);
}

#[test]
fn a_burst_of_reads_counts_once() {
    let tally = [0, 1, 9_999].into_iter().fold(Tally::default(), |tally, at| tally.with(Timestamp::from_millis(at)));
    assert_eq!(tally.reads, 1);
    assert_eq!(tally.with(Timestamp::from_millis(10_000)).reads, 2);
}

#[test]
fn what_is_usual_needs_five_changes_and_is_a_duration_that_was_seen() {
    assert_eq!(TypicalDuration::of(vec![1, 2, 3, 4]), None);
    assert_eq!(TypicalDuration::of(vec![5, 1, 4, 2, 3]), Some(TypicalDuration { p50_ms: 3, p95_ms: 5, changes: 5 }));
    let hundred = TypicalDuration::of((1..=100).collect()).unwrap();
    assert_eq!((hundred.p50_ms, hundred.p95_ms), (50, 95));
}

#[test]
fn the_latest_evidence_is_the_newest_of_all_times() {
    let mut change = sent_change();
    assert_eq!(change.latest_evidence(), Timestamp::from_millis(1_000_000));
    change.apply(Step::SeenOldState { at: Timestamp::from_millis(1_050_000) });
    assert_eq!(change.latest_evidence(), Timestamp::from_millis(1_050_000));
    change.apply(Step::Read(LastRead { at: Timestamp::from_millis(1_060_000), observed: Observed::NotFound }));
    assert_eq!(change.latest_evidence(), Timestamp::from_millis(1_060_000));
}
