//! Who reads a target, what others take over from it, and what nobody overwrites.

use crate::{
    model::{
        inventory::{TargetFindings, TargetProblem},
        keys::{KeyLook, Unseen},
        stream::{Account, StreamId},
    },
    server::adapters::store::{
        Opener, Store, StoredFindings, StoredKeyLook, StoredStream, Viewed,
        inventory::{StreamsElsewhere, body},
        next_rev,
        target_readers::READER_LEASE_MS,
    },
    tests::{
        database::{Kind, TestDatabase},
        store::NOW,
        support::until,
    },
};

const TARGETS: [&str; 2] = ["111122223333/eu-west-1", "111122223333/us-east-1"];

fn findings(pace_percent: u8) -> TargetFindings {
    let problem = TargetProblem { why: "no answer".to_owned(), since: NOW, next_listing: None };
    TargetFindings {
        account: Account::unresolved(),
        last_listed: Some(NOW),
        problem: Some(problem),
        tags_problem: None,
        pace_percent,
    }
}

fn stream(minutes: i64) -> StoredStream {
    let id = StreamId::parse("111122223333", "eu-west-1", "s").unwrap();
    StoredStream { gone_at: Some(NOW.plus_millis(minutes * 60_000)), ..StoredStream::unread(id) }
}

/// Writes a stream as an instance that has taken over what others wrote up to a revision. Returns whether it was
/// written.
async fn write(store: &Store, mut stream: StoredStream, seen: i64) -> bool {
    let mut tx = store.write().await.unwrap();
    stream.rev = next_rev(&mut tx).await.unwrap();
    let written = store.write_streams(&mut tx, &[(&stream, body(&stream).unwrap())], seen).await.unwrap();
    tx.commit().await.unwrap();
    assert!(written.iter().all(|rev| *rev == stream.rev));
    !written.is_empty()
}

async fn two() -> (TestDatabase, Store, Store) {
    let database = TestDatabase::new(Kind::Postgres).await;
    let first = Store::open(&database.url, Opener::Server).await.unwrap();
    let second = Store::open(&database.url, Opener::Server).await.unwrap();
    (database, first, second)
}

async fn is_free(store: &Store) -> bool {
    let now = store.now(NOW).await.unwrap();
    store.has_free_target(&TARGETS, now).await.unwrap()
}

#[tokio::test]
async fn a_target_has_one_reader_until_it_is_dead_silent_or_stopping() {
    let (database, first, second) = two().await;
    assert!(is_free(&first).await && is_free(&second).await, "nobody has read them yet");
    assert_eq!(first.take_targets(&TARGETS).await.unwrap(), TARGETS);
    assert!(!is_free(&second).await);
    assert!(second.take_targets(&TARGETS).await.unwrap().is_empty());
    let set_back = async |millis: i64| {
        database.run(&format!("UPDATE target_readers SET lease_until = lease_until - {millis}")).await;
    };
    set_back(READER_LEASE_MS / 2).await;
    assert_eq!(first.renew_target_leases().await.unwrap().len(), 2);
    set_back(READER_LEASE_MS / 2).await;
    assert!(!is_free(&second).await, "renewed");

    // Silent, as when it is suspended.
    set_back(READER_LEASE_MS).await;
    assert!(is_free(&second).await);
    assert_eq!(second.take_targets(&TARGETS[..1]).await.unwrap(), TARGETS[..1]);
    assert!(first.record_findings(TARGETS[1], &findings(50)).await.unwrap(), "nobody has taken that one");
    assert!(!first.record_findings(TARGETS[0], &findings(50)).await.unwrap(), "it wakes late, and records nothing");
    assert_eq!(first.renew_target_leases().await.unwrap(), TARGETS[1..], "nor does it take anything back");

    // Stopping: at once.
    second.release_targets().await.unwrap();
    assert!(is_free(&first).await);
    assert_eq!(first.take_targets(&TARGETS).await.unwrap(), TARGETS);

    // Dead: as soon as its connection is gone, however long its lease is.
    drop(first);
    until(|| async { is_free(&second).await.then_some(()) }).await;
    assert_eq!(until(|| async { Some(second.take_targets(&TARGETS).await.unwrap()) }).await, TARGETS);
}

#[tokio::test]
async fn what_the_reader_finds_others_get_once() {
    let (_database, first, second) = two().await;
    first.take_targets(&TARGETS).await.unwrap();
    assert!(second.findings_after(0).await.unwrap().is_empty(), "nothing was found yet");
    assert!(first.record_findings(TARGETS[0], &findings(25)).await.unwrap());
    let found = [StoredFindings { target: TARGETS[0].to_owned(), findings: findings(25) }];
    assert_eq!(second.findings_after(0).await.unwrap(), found);
    let rev = second.last_rev().await.unwrap();
    assert!(second.findings_after(rev).await.unwrap().is_empty());
    first.renew_target_leases().await.unwrap();
    assert_eq!(second.last_rev().await.unwrap(), rev, "a renewed lease is no news");
}

#[tokio::test]
async fn a_late_writer_overwrites_nothing_that_it_has_not_seen() {
    let (_database, first, second) = two().await;
    assert!(write(&first, stream(1), 0).await);
    assert!(write(&first, stream(2), 0).await, "its own row");
    let StreamsElsewhere { stored, goes_on_after } = second.streams_elsewhere_after(0).await.unwrap();
    assert_eq!((stored.streams.len(), goes_on_after), (1, None));
    let seen = second.last_rev().await.unwrap();
    assert!(write(&second, stream(3), seen).await, "it has taken the row over");
    assert!(first.streams_elsewhere_after(seen).await.unwrap().stored.streams.len() == 1);

    // The first one was suspended meanwhile, and writes what it read before.
    assert!(!write(&first, stream(4), seen).await);
    assert_eq!(second.streams().await.unwrap()[0].gone_at, stream(3).gone_at);
    assert!(second.streams_elsewhere_after(seen).await.unwrap().stored.streams.is_empty(), "its own is no news");
    let seen = first.last_rev().await.unwrap();
    assert!(write(&first, stream(5), seen).await, "once it has taken over what there is");
    assert_eq!(second.streams().await.unwrap()[0].gone_at, stream(5).gone_at);
}

#[tokio::test]
async fn instances_know_what_people_view_at_the_others_that_run() {
    let (database, first, second) = two().await;
    let now = first.now(NOW).await.unwrap();
    assert!(first.viewed_elsewhere(now).await.unwrap().is_empty());
    let viewed = Viewed::from([(TARGETS[0].to_owned(), ["s".parse().unwrap()].into())]);
    for of in [Viewed::new(), viewed.clone()] {
        second.record_viewed(&of, now).await.unwrap();
        assert_eq!(first.viewed_elsewhere(now).await.unwrap(), [of]);
    }
    assert!(second.viewed_elsewhere(now).await.unwrap().is_empty(), "not the own ones");
    assert!(first.viewed_elsewhere(now.plus_millis(60_000)).await.unwrap().is_empty(), "it is gone");
    database.run("UPDATE instances SET viewed = '{\"x\": [\"not a name!\"]}'").await;
    assert_eq!(first.viewed_elsewhere(now).await.unwrap(), [Viewed::new()], "an instance, but nothing readable");
}

#[tokio::test]
async fn what_kms_said_is_there_for_all() {
    let (database, first, second) = two().await;
    let look = |key: &str, why: &str| StoredKeyLook {
        target: TARGETS[0].to_owned(),
        key: key.parse().unwrap(),
        at: NOW,
        look: KeyLook::Unseen(Unseen::Failed { why: why.to_owned() }),
    };
    first.record_key_looks(&[]).await.unwrap();
    first.record_key_looks(&[look("alias/a", "denied"), look("alias/b", "denied")]).await.unwrap();
    let rev = second.last_rev().await.unwrap();
    first.record_key_looks(&[look("alias/b", "no answer")]).await.unwrap();
    assert_eq!(second.key_looks_after(rev).await.unwrap(), [look("alias/b", "no answer")]);
    assert_eq!(second.key_looks_after(0).await.unwrap(), [look("alias/a", "denied"), look("alias/b", "no answer")]);
    let late = StoredKeyLook { at: NOW.plus_millis(-1), ..look("alias/b", "late") };
    first.record_key_looks(&[late]).await.unwrap();
    assert_eq!(second.key_looks_after(0).await.unwrap()[1], look("alias/b", "no answer"), "a late writer ends nothing");
    database.run("UPDATE key_looks SET body = '{\"Later\": 1}' WHERE key_id = 'alias/a'").await;
    assert_eq!(second.key_looks_after(0).await.unwrap(), [look("alias/b", "no answer")], "of a newer version");
}
