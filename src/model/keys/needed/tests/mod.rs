//! Tests of the keys that stored records need.

mod properties;

use super::*;
use crate::model::{
    change::{
        Action, Change, Evidence, Intent, Resolved,
        tests::{report, sent_change},
    },
    keys::{KeyArn, Meant},
    stream::{
        StreamReport, StreamStatus,
        encryption::{EncryptionReport, KeyId},
    },
    time::{DAY_MS, Timestamp},
};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn read(millis: i64, key: Option<&str>, retention_hours: i32) -> StreamReport {
    let encryption =
        key.map_or(EncryptionReport::NotEncrypted, |key| EncryptionReport::Encrypted(Some(key.parse().unwrap())));
    StreamReport { encryption, retention_hours, ..report(millis, "ACTIVE", None) }
}

fn history(reads: &[(i64, Option<&str>, i32)]) -> KeyHistory {
    reads
        .iter()
        .fold(KeyHistory::default(), |history, (millis, key, hours)| history.after(&read(*millis, *key, *hours)))
}

fn needed(history: &KeyHistory, now: i64) -> Vec<(&str, Option<i64>)> {
    history
        .needed(at(now))
        .map(|known| (known.key.as_str(), history.needed_until(known).map(Timestamp::as_millis)))
        .collect()
}

#[test]
fn a_key_is_needed_until_its_last_records_have_left() {
    let history = history(&[(DAY_MS, Some("alias/a"), 24), (2 * DAY_MS, None, 24)]);
    let until = 3 * DAY_MS + 5_000;
    assert_eq!(needed(&history, 2 * DAY_MS), [("alias/a", Some(until))]);
    assert_eq!(needed(&history, until).len(), 1, "it was not read since, and its retention may have grown");
    let read_since = history.after(&read(until, None, 24));
    assert_eq!(needed(&read_since, until), []);
}

#[test]
fn a_stream_may_need_several_keys() {
    let history = history(&[(DAY_MS, Some("alias/a"), 48), (2 * DAY_MS, Some("alias/b"), 48), (3 * DAY_MS, None, 48)]);
    assert_eq!(
        needed(&history, 3 * DAY_MS),
        [("alias/a", Some(4 * DAY_MS + 5_000)), ("alias/b", Some(5 * DAY_MS + 5_000))]
    );
}

#[test]
fn two_histories_of_one_stream_lose_no_key() {
    let first = (DAY_MS, Some("alias/a"), 48);
    let one = history(&[first, (2 * DAY_MS, Some("alias/b"), 48), (3 * DAY_MS, None, 48)]);
    let other = history(&[first, (3 * DAY_MS, None, 48)]);
    let until = Some(5 * DAY_MS + 5_000);
    assert_eq!(
        needed(&other.clone().joined(&one), 3 * DAY_MS),
        [("alias/a", until), ("alias/b", until)],
        "b was in use between the other's reads"
    );
    assert_eq!(one.clone().joined(&one), one);
    let longer = history(&[(DAY_MS, Some("alias/a"), 48), (2 * DAY_MS + 30_000, Some("alias/a"), 48)]);
    assert_eq!(
        needed(&history(&[first, (2 * DAY_MS, None, 48)]).joined(&longer), 2 * DAY_MS + 30_000),
        [("alias/a", Some(4 * DAY_MS + 35_000))],
        "another history has seen it in use for longer"
    );
    let twice = history(&[first, (DAY_MS + 60_000, None, 48), (2 * DAY_MS, Some("alias/a"), 48)]).after(&read(
        3 * DAY_MS,
        None,
        48,
    ));
    let once = history(&[first, (DAY_MS + 60_000, None, 48), (3 * DAY_MS, None, 48)]);
    assert_eq!(once.joined(&twice).uses, twice.uses, "a later use of the same key is another one");
    assert_eq!(KeyHistory::default().joined(&one), KeyHistory::default(), "of another stream, or of none");
}

#[test]
fn retention_that_grows_keeps_a_key_longer_and_brings_none_back() {
    let reads = [(DAY_MS, Some("alias/a"), 24), (2 * DAY_MS, None, 24)];
    let in_time = history(&[reads[0], reads[1], (3 * DAY_MS, None, 168)]);
    assert_eq!(needed(&in_time, 3 * DAY_MS), [("alias/a", Some(9 * DAY_MS + 5_000))]);
    // Nobody knows when it grew between two reads.
    let in_a_gap = history(&[reads[0], reads[1], (3 * DAY_MS + 5_000, None, 168)]);
    assert_eq!(needed(&in_a_gap, 3 * DAY_MS + 5_000).len(), 1);
    let too_late = history(&[reads[0], reads[1], (3 * DAY_MS + 5_000, None, 24), (3 * DAY_MS + 6_000, None, 168)]);
    assert_eq!(needed(&too_late, 3 * DAY_MS + 6_000), []);
}

#[test]
fn retention_that_shrinks_frees_a_key_sooner() {
    let history = history(&[(DAY_MS, Some("alias/a"), 168), (2 * DAY_MS, None, 168), (3 * DAY_MS + 1, None, 24)]);
    assert_eq!(needed(&history, 3 * DAY_MS + 1), [("alias/a", Some(3 * DAY_MS + 5_000))]);
    assert_eq!(needed(&history.after(&read(3 * DAY_MS + 5_000, None, 24)), 3 * DAY_MS + 5_000), []);
}

#[test]
fn a_type_that_flips_before_active_ends_nothing() {
    let begun = history(&[(DAY_MS, Some("alias/a"), 24)]);
    let flipped = StreamReport { status: StreamStatus::Updating, ..read(2 * DAY_MS, None, 24) };
    let later = begun.after(&flipped);
    assert_eq!(needed(&later, 2 * DAY_MS), [("alias/a", None)]);
    assert_eq!(needed(&later.after(&read(3 * DAY_MS, None, 24)), 3 * DAY_MS), [("alias/a", Some(4 * DAY_MS + 5_000))]);
}

#[test]
fn what_aws_does_not_say_ends_nothing() {
    let unstated = report(2 * DAY_MS, "ACTIVE", None);
    let unnamed = StreamReport { encryption: EncryptionReport::Encrypted(None), ..report(2 * DAY_MS, "ACTIVE", None) };
    for strange in [unstated, unnamed] {
        let history = history(&[(DAY_MS, Some("alias/a"), 24)]).after(&strange);
        assert_eq!(needed(&history, 2 * DAY_MS), [("alias/a", None)]);
    }
}

#[test]
fn a_stream_that_was_created_again_needs_nothing_of_the_former() {
    let former = history(&[(DAY_MS, Some("alias/a"), 24), (2 * DAY_MS, None, 24)]);
    let again = StreamReport { created: at(2 * DAY_MS + 1), ..read(2 * DAY_MS + 10, None, 24) };
    assert_eq!(needed(&former.after(&again), 2 * DAY_MS + 10), []);
}

#[test]
fn history_that_does_not_cover_the_retention_says_so() {
    let known = history(&[(10 * DAY_MS, None, 48)]);
    assert_eq!(known.gap(at(11 * DAY_MS)), Some(at(10 * DAY_MS)));
    assert_eq!(known.gap(at(12 * DAY_MS)), None);
    assert_eq!(history(&[(6_000, None, 48)]).gap(at(7_000)), None, "created just before it was read first");
}

const KEY_A: &str = "arn:aws:kms:eu-west-1:111122223333:key/aaaaaaaa-1234-1234-1234-123456789012";
const KEY_B: &str = "arn:aws:kms:eu-west-1:111122223333:key/bbbbbbbb-1234-1234-1234-123456789012";

/// Returns a settled enable with a key, sent a second before.
fn enabled(id: &str, key: &str, meant: Option<&str>, settled: i64) -> Change {
    let resolved = meant.map(|arn| Resolved { arn: arn.parse().unwrap(), at: at(settled - 2_000) });
    let mut change = Change { id: id.to_owned(), ..sent_change() };
    change.intent = Intent { action: Action::Enable, key: Some(key.parse().unwrap()), resolved, ..change.intent };
    let (sent_at, settled_at) = (Some(at(settled - 1_000)), Some(at(settled)));
    change.evidence = Evidence { sent_at, settled_at, ..change.evidence };
    change
}

fn meant(history: &KeyHistory) -> Vec<Vec<&str>> {
    history
        .uses
        .iter()
        .map(|known| known.meant.iter().map(|meant| if meant.arn.id.starts_with('a') { "A" } else { "B" }).collect())
        .collect()
}

#[test]
fn a_use_holds_every_key_that_its_name_was_seen_to_mean() {
    let mut history = history(&[(DAY_MS, Some("alias/a"), 24)]);
    let (name, a, b): (KeyId, KeyArn, KeyArn) =
        ("alias/a".parse().unwrap(), KEY_A.parse().unwrap(), KEY_B.parse().unwrap());
    assert!(history.record_meant(&name, &a, at(DAY_MS + 1)));
    assert!(!history.record_meant(&name, &a, at(DAY_MS + 2)), "known");
    assert!(history.record_meant(&name, &b, at(DAY_MS + 3)));
    assert!(!history.record_meant(&"alias/other".parse().unwrap(), &b, at(DAY_MS + 4)), "another name");
    assert_eq!(meant(&history), [["A", "B"]]);
    assert_eq!(
        history.uses[0].meant.iter().map(|meant| meant.seen_from).collect::<Vec<_>>(),
        [Some(at(DAY_MS + 1)), Some(at(DAY_MS + 3))]
    );
    let mut ended = history.after(&read(2 * DAY_MS, None, 24));
    assert!(!ended.record_meant(&name, &a, at(2 * DAY_MS + 1)), "what a name means later is not what it meant");
}

#[test]
fn a_settled_enable_ends_one_use_and_begins_another_under_the_same_name() {
    let mut history = history(&[(DAY_MS, Some("alias/a"), 24)]);
    history.record_meant(&"alias/a".parse().unwrap(), &KEY_A.parse().unwrap(), at(DAY_MS));
    let settled = 2 * DAY_MS;
    let change = enabled("c1", "alias/a", Some(KEY_B), settled);
    let after = history.after(&read(settled, Some("alias/a"), 24)).after_enable(&change);
    assert_eq!(meant(&after), [["A"], ["B"]]);
    assert_eq!(needed(&after, settled), [("alias/a", Some(settled + DAY_MS + 5_000)), ("alias/a", None)]);
    assert_eq!(after.after_enable(&change), after, "noted again");
    let later = after.after(&read(3 * DAY_MS, None, 24));
    assert_eq!(later.after_enable(&change), later, "also when it is over");
    let free = 4 * DAY_MS + 5_000;
    assert_eq!(needed(&later, 3 * DAY_MS), [("alias/a", Some(3 * DAY_MS + 5_000)), ("alias/a", Some(free))]);
    let gone = later.after(&read(free, None, 24)).after(&read(free + 1, None, 24));
    assert_eq!((gone.uses.len(), gone.after_enable(&change)), (0, gone.clone()));
}

#[test]
fn a_settled_enable_under_another_name_is_the_use_that_reads_began() {
    let change = enabled("c1", "alias/b", Some(KEY_B), 2 * DAY_MS);
    let before = history(&[(DAY_MS, Some("alias/a"), 24)]);
    let read_first = before.after(&read(2 * DAY_MS - 500, Some("alias/b"), 24));
    let after = read_first.after_enable(&change);
    assert_eq!((after.uses.len(), after.uses[1].begun_by.as_deref()), (2, Some("c1")));
    assert_eq!(meant(&after)[1], ["B"]);
    // Another instance learns of the change before it reads the stream.
    let heard_first = before.after_enable(&change).after(&read(2 * DAY_MS + 500, Some("alias/b"), 24));
    assert_eq!(heard_first.uses.iter().map(|known| known.key.as_str()).collect::<Vec<_>>(), ["alias/a", "alias/b"]);
    assert_eq!(meant(&heard_first)[1], ["B"]);
}

#[test]
fn an_enable_with_an_unseen_key_loses_none_that_was_seen() {
    let mut history = history(&[(DAY_MS, Some("alias/a"), 24)]);
    history.record_meant(&"alias/a".parse().unwrap(), &KEY_A.parse().unwrap(), at(DAY_MS));
    let after =
        history.after(&read(2 * DAY_MS, Some("alias/a"), 24)).after_enable(&enabled("c1", "alias/a", None, 2 * DAY_MS));
    assert_eq!(meant(&after), [["A"], ["A"]]);
}

#[test]
fn only_a_settled_enable_of_this_stream_begins_a_use() {
    let history = history(&[(DAY_MS, Some("alias/a"), 24)]);
    let settled = enabled("c1", "alias/a", Some(KEY_B), 2 * DAY_MS);
    let others: [fn(&mut Change); 4] = [
        |change| change.evidence.settled_at = None,
        |change| change.intent.action = Action::Disable,
        |change| change.intent.stream_created = change.intent.stream_created.plus_millis(5_000),
        |change| change.evidence.settled_at = Some(at(DAY_MS - 1)),
    ];
    for make_other in others {
        let mut other = settled.clone();
        make_other(&mut other);
        assert_eq!(history.after_enable(&other), history);
    }
}

#[test]
fn histories_of_before_a_use_held_a_set_still_read() {
    let old = format!(
        r#"{{"uses":[{{"key":"alias/a","arn":"{KEY_A}","seen_from":1,"ended":2}},
            {{"key":"alias/b","arn":null,"seen_from":3,"ended":null}},
            {{"key":"alias/c","seen_from":3,"ended":4}}],"known_since":1,"created":0,"retention_hours":24}}"#
    );
    let read: KeyHistory = serde_json::from_str(&old).unwrap();
    assert_eq!(read.uses[0].meant, [Meant { arn: KEY_A.parse().unwrap(), seen_from: None }]);
    assert!(read.uses[1].meant.is_empty() && read.uses[2].meant.is_empty());
    let again: KeyHistory = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
    assert_eq!(again, read);
}

#[test]
fn creation_times_that_are_rounded_differently_are_of_one_stream() {
    let known = history(&[(DAY_MS, Some("alias/a"), 24), (2 * DAY_MS, None, 24)]);
    let rounded = StreamReport { created: at(5_999), ..read(2 * DAY_MS + 1, None, 24) };
    assert_eq!(known.after(&rounded).uses.len(), 1);
}
