//! Tests of the summary above a change's ladder.

use super::*;
use crate::{
    model::{
        change::{
            LastRead, Reverted, Rung, Slow, Step, TypicalDuration,
            refusal::{Precondition, Refusal, RefusalKind},
            tests::{report, requested_change, sent_change},
        },
        stream::StreamStatus,
    },
    view::ladder::rung,
};

#[test]
fn a_lost_answer_is_never_told_as_accepted() {
    let mut change = sent_change();
    change.apply(Step::LostTrack { at: Timestamp::from_millis(1_010_000), why: "no answer within 10 s".to_owned() });
    let told = summary(&change).unwrap();
    assert_eq!(told.word, "Outcome unknown");
    let text = told.text_at(Timestamp::from_millis(1_012_000));
    assert!(text.starts_with("Sent at 00:16:40 UTC, but the answer was lost (no answer within 10 s)."), "{text}");
    change.apply(Step::Reached { at: Timestamp::from_millis(1_020_000), key: None });
    assert_eq!(summary(&change), None);
    assert!(rung(&change, Rung::Accepted).contains("not observed"));
}

#[test]
fn a_change_that_may_have_been_sent_is_not_told_as_sent() {
    let mut change = requested_change();
    let why = "the database failed over".to_owned();
    change.apply(Step::MaybeSent { at: Timestamp::from_millis(1_010_000), why });
    let told = summary(&change).unwrap();
    assert_eq!(told.word, "Outcome unknown");
    let text = told.text_at(Timestamp::from_millis(1_012_000));
    let expected = "It isn't known whether this change was sent (the database failed over). It may or may not have \
        been applied. ";
    assert!(text.starts_with(expected), "{text}");
    assert_eq!(rung(&change, Rung::Requested), "Recorded at 00:16:39 UTC by mira.");
    assert_eq!(rung(&change, Rung::Sent), "not observed: the database failed over. It won't be sent.");
    assert_eq!(rung(&change, Rung::Accepted), "not observed. What caused a later state isn't established.");
}

#[test]
fn a_refusal_says_what_did_not_happen() {
    let mut change = requested_change();
    let how = End::Rejected(Refusal::precondition(Precondition::AlreadyNotEncrypted));
    change.apply(Step::Ended(Ending { at: Timestamp::from_millis(1), how }));
    let told = summary(&change).unwrap();
    assert_eq!(told.word, "Rejected");
    let text = told.text_at(Timestamp::from_millis(2));
    assert!(text.contains("This request changed nothing."), "{text}");
}

#[test]
fn a_slow_change_says_what_is_usual_here() {
    let mut change = sent_change();
    change.apply(Step::SeenUpdating { at: Timestamp::from_millis(1_001_000) });
    let usual = TypicalDuration::of(vec![9_000, 14_400, 14_000, 15_000, 40_000]);
    change.apply(Step::Slow(Slow { since: Timestamp::from_millis(1_300_000), usual }));
    let text = summary(&change).unwrap().text_at(Timestamp::from_millis(1_360_000));
    assert!(text.starts_with("Not finished after 6 min; typical here is 14 s (95 % within 40 s). AWS says"), "{text}");
    assert!(text.ends_with("Keystream is about to read the stream."), "{text}");
    let at = Timestamp::from_millis(1_301_000);
    let updating = Observed::State { status: StreamStatus::Updating, encryption: EncryptionReport::Unstated(None) };
    change.apply(Step::Read(LastRead { at, observed: updating }));
    let text = summary(&change).unwrap().text_at(Timestamp::from_millis(1_361_000));
    assert!(text.starts_with("UPDATING for 6 min; typical"), "{text}");
}

#[test]
fn a_reverted_change_says_when_it_settled_and_what_came_after() {
    let mut change = sent_change();
    change.apply(Step::Reached { at: Timestamp::from_millis(1_001_000), key: None });
    change.apply(Step::Ended(Ending { at: Timestamp::from_millis(1_007_000), how: End::Settled }));
    let observed =
        Observed::State { status: "ACTIVE".to_owned().into(), encryption: report(0, "ACTIVE", Some("KMS")).encryption };
    change.apply(Step::Reverted(Reverted { at: Timestamp::from_millis(90_000_000), observed }));
    let told = summary(&change).unwrap();
    assert_eq!(told.word, "Reverted");
    let text = told.text_at(Timestamp::from_millis(90_000_000));
    assert!(
        text.starts_with(
            "Settled on 1 Jan 1970; AWS reported encryption again by 2 Jan 01:00 UTC. Who did it isn't known yet."
        ),
        "{text}"
    );
}

#[test]
fn not_applied_names_the_reads_that_it_stands_on() {
    let at = Timestamp::from_millis;
    let mut change = sent_change();
    change.apply(Step::SeenOldState { at: at(1_001_000) });
    change.apply(Step::SeenUpdating { at: at(1_060_000) });
    for millis in [1_130_000, 1_140_000, 1_150_000] {
        change.apply(Step::SeenOldState { at: at(millis) });
    }
    change.apply(Step::Ended(Ending { at: at(1_150_000), how: End::NotApplied }));
    let text = summary(&change).unwrap().text_at(at(0));
    assert!(
        text.starts_with(
            "From 00:18:50 UTC to 00:19:10 UTC, in 3 reads, AWS reported ACTIVE and KMS with alias/orders."
        ),
        "{text}"
    );
}

#[test]
fn a_refusal_that_came_late_is_told_with_the_end_that_was_there() {
    let aws = AwsWords {
        code: "LimitExceededException".to_owned(),
        message: String::new(),
        request_id: None,
        at: Timestamp::from_millis(1),
    };
    let refusal = Refusal { kind: RefusalKind::TooFast, aws: Some(aws), read_after: None };
    let mut change = sent_change();
    change.apply(Step::LostTrack { at: Timestamp::from_millis(1_010_000), why: "cut off".to_owned() });
    change.apply(Step::Ended(Ending { at: Timestamp::from_millis(1_150_000), how: End::NotApplied }));
    change.apply(Step::Ended(Ending { at: Timestamp::from_millis(1_150_500), how: End::Rejected(refusal) }));
    let told = summary(&change).unwrap();
    assert_eq!(
        (told.word.as_str(), told.aws.map(|aws| aws.code)),
        ("Not applied", Some("LimitExceededException".to_owned()))
    );
    assert!(rung(&change, Rung::Sent).ends_with("AWS refused the request."));
    assert!(!change.may_have_acted());
}
