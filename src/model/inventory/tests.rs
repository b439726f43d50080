//! Tests of rows and of targets' health.

use super::*;
use crate::model::{
    change::Action,
    stream::{Account, encryption::EncryptionState},
    time::Timestamp,
};

/// A target that has been listed, and of which nothing is wrong.
pub fn well() -> TargetHealth {
    TargetHealth {
        id: "self/eu-west-1".to_owned(),
        name: "payments".to_owned(),
        account: Account::unresolved(),
        region: "eu-west-1".parse().unwrap(),
        rev: 0,
        is_production: false,
        is_read_only: false,
        last_listed: Some(Timestamp::from_millis(0)),
        last_read: None,
        problem: None,
        tags_problem: None,
        pause: None,
        pace_percent: 100,
        stale_after_ms: 90_000,
        streams: 1,
        unread: 0,
    }
}

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

/// A key in use from and to a time, and needed until another.
pub fn needed(key: &str, used: (i64, i64), until: i64) -> NeededKey {
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
    assert_eq!(row.needed_at(at(80_000)), row.needed_keys);
    assert_eq!(row.needed_at(at(100_000)).len(), 1, "it was not read since, and its retention may have grown");
    let read = StreamRow { read_at: Some(at(90_000)), ..row };
    assert_eq!(read.needed_at(at(100_000)).len(), 0);
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
