//! Tests of rows and of targets' health.

use super::*;
use crate::model::{
    change::Action,
    keys::Meant,
    stream::{Account, encryption::EncryptionState},
    time::Timestamp,
};

#[test]
fn periods_fit_the_size_of_a_fleet() {
    assert_eq!((relist_every_ms(14, 1.25), stale_after_ms(14, 5.0)), (30_000, 90_000));
    assert_eq!(relist_every_ms(10_000, 1.25), 160_000, "100 pages take 80 s");
    assert_eq!(stale_after_ms(10_000, 5.0), 4_030_000, "a round takes 2,000 s");
    assert!(relist_every_ms(u32::MAX, 0.0) > 0);
}

#[test]
fn a_row_that_was_read_again_shows_the_same() {
    let at = Timestamp::from_millis;
    let row = StreamRow::clone(&crate::model::list::tests::row("orders-prod", EncryptionState::Encrypted, "ACTIVE"));
    let again = StreamRow { rev: row.rev + 1, read_at: Some(at(2)), ..row.clone() };
    let read = StreamRow { read_at: Some(at(1)), ..row.clone() };
    assert!(read.is_same_but_for_times(&again));
    let failed = |why: &str, next: i64| {
        let problem = ReadProblem { why: why.to_owned(), at: at(3), next_try: at(next) };
        StreamRow { problem: Some(problem), ..read.clone() }
    };
    assert!(failed("no answer", 4).is_same_but_for_times(&failed("no answer", 5)));
    for other in [
        StreamRow { read_at: None, ..read.clone() },
        StreamRow { encryption: EncryptionState::NotEncrypted, ..read.clone() },
        StreamRow { is_gone: true, ..read.clone() },
        failed("no answer", 4),
    ] {
        assert!(!read.is_same_but_for_times(&other), "{other:?}");
    }
    assert!(!failed("no answer", 4).is_same_but_for_times(&failed("denied", 4)));
}

fn needed(key: &str, used: (i64, i64), until: i64) -> NeededKey {
    let at = Timestamp::from_millis;
    NeededKey {
        key: key.parse().unwrap(),
        meant: Vec::new(),
        seen_from: at(used.0),
        ended: at(used.1),
        until: at(until),
    }
}

#[test]
fn a_key_is_needed_until_a_read_says_that_it_is_not() {
    let at = Timestamp::from_millis;
    let row = StreamRow::clone(&crate::model::list::tests::row("orders-prod", EncryptionState::NotEncrypted, "ACTIVE"));
    let row =
        StreamRow { needed_keys: vec![needed("alias/orders", (0, 10), 90_000)], read_at: Some(at(80_000)), ..row };
    assert_eq!(row.needed_words(at(80_000)), "alias/orders until 1 Jan 00:01 UTC");
    assert_eq!(row.needed_at(at(100_000)).len(), 1, "it was not read since, and its retention may have grown");
    let read = StreamRow { read_at: Some(at(90_000)), ..row };
    assert_eq!(read.needed_at(at(100_000)).len(), 0);
}

#[test]
fn a_change_keeps_the_key_of_the_use_that_it_ended() {
    let at = Timestamp::from_millis;
    let row = StreamRow::clone(&crate::model::list::tests::row("orders-prod", EncryptionState::NotEncrypted, "ACTIVE"));
    let row = StreamRow {
        needed_keys: vec![
            needed("alias/orders", (0, 10_000), 120_000),
            needed("alias/orders", (10_000, 20_000), 180_000),
        ],
        ..row
    };
    let left = |sent: i64| LeftKey { key: "alias/orders".parse().unwrap(), sent_at: at(sent), stream_created: at(0) };
    assert_eq!(
        row.keep_words(&left(9_000), at(20_000)),
        " Keep alias/orders until 1 Jan 00:03 UTC.",
        "one date for one key"
    );
    assert_eq!(row.needed_words(at(20_000)), "alias/orders until 1 Jan 00:03 UTC");
    let in_use = StreamRow {
        encryption: EncryptionState::Encrypted,
        key_id: Some("alias/orders".parse().unwrap()),
        ..row.clone()
    };
    assert_eq!(
        (in_use.needed_words(at(20_000)).as_str(), in_use.keep_words(&left(19_000), at(20_000)).as_str()),
        ("", ""),
        "in use"
    );
    assert_eq!(row.keep_words(&left(19_000), at(20_000)), " Keep alias/orders until 1 Jan 00:03 UTC.");
    assert_eq!(row.keep_words(&left(30_000), at(30_000)), "", "a change that no use is known of");
    let read = StreamRow { read_at: Some(at(130_000)), ..row.clone() };
    assert_eq!(
        read.keep_words(&left(9_000), at(130_000)),
        " Keep alias/orders until 1 Jan 00:03 UTC.",
        "for its later use"
    );
    let later = StreamRow { read_at: Some(at(190_000)), ..row.clone() };
    assert_eq!(later.keep_words(&left(9_000), at(190_000)), "", "free");
    let other = StreamRow { created: Some(at(5_000)), ..row.clone() };
    assert_eq!(other.keep_words(&left(9_000), at(20_000)), "", "another stream of the same name");
    let gone = StreamRow { is_gone: true, ..row };
    assert_eq!(gone.keep_words(&left(9_000), at(20_000)), "");
}

#[test]
fn each_key_that_an_alias_meant_has_its_own_date() {
    let at = Timestamp::from_millis;
    let [a, b] = ["aaaaaaaa", "bbbbbbbb"].map(|id| Meant {
        arn: format!("arn:aws:kms:eu-west-1:111122223333:key/{id}-1234-1234-1234-123456789012").parse().unwrap(),
        seen_from: None,
    });
    let row = StreamRow::clone(&crate::model::list::tests::row("orders-prod", EncryptionState::NotEncrypted, "ACTIVE"));
    let of = |meant: &[&Meant], used, until| NeededKey {
        meant: meant.iter().copied().cloned().collect(),
        ..needed("alias/orders", used, until)
    };
    let needed_keys = vec![of(&[&a, &b], (0, 10_000), 120_000), of(&[&b], (10_000, 20_000), 180_000)];
    let row = StreamRow { needed_keys, ..row };
    let [a_until, b_until] = ["aaaa", "bbbb"].map(|id| format!("key/{id}\u{2026}9012 until 1 Jan 00:0"));
    assert_eq!(row.needed_words(at(20_000)), format!("{a_until}2 UTC (alias/orders), {b_until}3 UTC (alias/orders)"));
    let left = |sent: i64| LeftKey { key: "alias/orders".parse().unwrap(), sent_at: at(sent), stream_created: at(0) };
    let both = format!(" Keep {a_until}2 UTC (alias/orders), {b_until}3 UTC (alias/orders).");
    assert_eq!(row.keep_words(&left(9_000), at(20_000)), both);
    let key_id = Some("alias/orders".parse().unwrap());
    let in_use = StreamRow { encryption: EncryptionState::Encrypted, key_id, meant: vec![b], ..row };
    assert_eq!(in_use.needed_words(at(20_000)), format!("{a_until}2 UTC (alias/orders)"), "the other one is in use");
}

#[test]
fn what_must_be_known_beside_a_row_is_said() {
    let at = Timestamp::from_millis;
    let known = StreamRow::clone(&crate::model::list::tests::row("orders-prod", EncryptionState::Encrypted, "ACTIVE"));
    let row = StreamRow { created: Some(at(5_000)), ..known };
    assert!(row.caveats(at(5_400)).is_empty(), "AWS rounds creation times");
    let other =
        "The stream was deleted and re-created on 1 Jan 1970 00:00:05 UTC. This change was about the earlier stream.";
    assert_eq!(row.caveats(at(9_000)), [other]);
    let gone = StreamRow { is_gone: true, ..row.clone() };
    assert_eq!(gone.caveats(at(5_000)), ["AWS no longer lists this stream. Showing its last report."]);
    let problem = ReadProblem { why: "AWS did not answer in time".to_owned(), at: at(60_000), next_try: at(90_000) };
    let failed = StreamRow { problem: Some(problem), ..row };
    assert_eq!(failed.caveats(at(5_000)), ["Not newer because: AWS did not answer in time. Next try 00:01:30 UTC."]);
}

#[test]
fn a_row_with_a_change_under_way_offers_nothing_else() {
    let quiet =
        StreamRow::clone(&crate::model::list::tests::row("orders-prod", EncryptionState::NotEncrypted, "ACTIVE"));
    let row = StreamRow { undo: Some("c0".to_owned()), is_gone: false, is_read_only: false, change: None, ..quiet };
    assert_eq!((row.offers(), row.undoes("c0")), (Some(Action::Enable), true));
    let marks = ChangeMarks::from(&crate::model::change::tests::sent_change());
    for encryption in [EncryptionState::NotEncrypted, EncryptionState::Encrypted, EncryptionState::Unknown] {
        let busy = StreamRow { change: Some(marks.clone()), encryption, ..row.clone() };
        assert_eq!((busy.offers(), busy.undo_path(), busy.undoes("c0")), (None, None, false));
    }
}

#[test]
fn a_target_says_what_matters_most() {
    let at = Timestamp::from_millis(0);
    let well = TargetHealth {
        id: "self/eu-west-1".to_owned(),
        name: "payments".to_owned(),
        account: Account::unresolved(),
        region: "eu-west-1".parse().unwrap(),
        rev: 0,
        is_production: false,
        is_read_only: false,
        last_listed: Some(at),
        last_read: None,
        problem: None,
        tags_problem: None,
        pause: None,
        pace_percent: 100,
        stale_after_ms: 90_000,
        streams: 1,
        unread: 0,
    };
    assert_eq!((well.condition(), well.in_words().as_str()), (Condition::Well, ""));
    let slowed = TargetHealth { pace_percent: 50, ..well.clone() };
    assert!(slowed.in_words().contains("at 50 % of its budget"));
    let paused = TargetHealth { pause: Some(Pause { by: "mira".to_owned(), at }), ..slowed };
    assert_eq!(paused.condition(), Condition::Paused);
    assert!(paused.in_words().contains("by mira"));
    let why = "AWS did not answer in time".to_owned();
    let unlisted = TargetProblem { why, since: at, next_listing: Some(at.plus_millis(5_000)) };
    let unread = TargetProblem { next_listing: None, ..unlisted.clone() };
    let words = |problem: &TargetProblem, pause: &Option<Pause>| {
        let behind = TargetHealth { problem: Some(problem.clone()), pause: pause.clone(), ..well.clone() };
        assert_eq!(behind.condition(), Condition::Behind);
        let words = behind.in_words();
        words.strip_prefix("is behind since 00:00:00 UTC: ").unwrap().replace(" Last read 1 Jan 1970 00:00:00 UTC.", "")
    };
    assert_eq!(
        words(&unlisted, &None),
        "AWS did not answer in time. Tried again at 00:00:05 UTC. Its last known rows stay."
    );
    let reads = "reads of its streams fail: AWS did not answer in time. It was never read. They go on being tried. Its \
        last known rows stay.";
    assert_eq!(words(&unread, &None), reads, "a listing is no read");
    let stopped = "AWS did not answer in time. It is paused by mira, and not tried again. Its last known rows stay.";
    assert_eq!(words(&unlisted, &paused.pause), stopped);
}
