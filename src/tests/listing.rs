//! Listings that go wrong: loops, floods, pages that say one thing and do another. What was known stays, and the target
//! says why it is behind.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::support::until;
use crate::{
    model::{
        change::Action,
        encryption::KeyId,
        inventory::TargetHealth,
        scope::Scope,
        stream::{Account, StreamReport},
    },
    server::{
        aws::{
            Kinesis, ListFrom, ListedPage, ListedStream, ReadFailure, ReadFailureKind, SendOutcome, StreamRef, TaggedPage, targets::Target,
        },
        clock::{Clock, SystemClock},
        config::TargetSettings,
        inventory::{Inventory, collect},
        store::{Opener, Store},
    },
};

/// An AWS that lists by a script, and reads nothing.
#[derive(Debug)]
struct Scripted {
    page: fn(usize, &ListFrom) -> Result<ListedPage, ReadFailure>,
    asked: AtomicUsize,
}

#[async_trait]
impl Kinesis for Scripted {
    async fn list_streams(&self, from: &ListFrom) -> Result<ListedPage, ReadFailure> {
        (self.page)(self.asked.fetch_add(1, Ordering::SeqCst), from)
    }

    async fn describe_stream_summary(&self, _: &StreamRef) -> Result<StreamReport, ReadFailure> {
        Err(ReadFailure { kind: ReadFailureKind::NotFound, why: "not there".to_owned(), in_short: "not there".to_owned() })
    }

    async fn change_encryption(&self, _: Action, _: &StreamRef, _: &KeyId) -> SendOutcome {
        panic!("nothing is sent here")
    }

    async fn get_resources(&self, _: Option<&str>) -> Result<TaggedPage, ReadFailure> {
        Ok(TaggedPage::default())
    }

    async fn caller_account(&self) -> Result<Account, ReadFailure> {
        Ok("111122223333".parse().unwrap())
    }
}

fn named(name: &str, account: &str) -> ListedStream {
    let arn = format!("arn:aws:kinesis:eu-west-1:{account}:stream/{name}").parse().ok();
    ListedStream { name: name.parse().unwrap(), arn, status: None, created: None, asked_at: SystemClock.now() }
}

fn page(names: &[&str], token: Option<&str>, has_more: bool) -> Result<ListedPage, ReadFailure> {
    let streams = names.iter().map(|name| named(name, "111122223333")).collect();
    Ok(ListedPage { streams, next_token: token.map(ToOwned::to_owned), has_more })
}

/// Collects by the script until the target's health is as wanted; returns that and the names that are known.
async fn collected(
    script: fn(usize, &ListFrom) -> Result<ListedPage, ReadFailure>,
    is_it: fn(&TargetHealth) -> bool,
) -> (TargetHealth, Vec<String>) {
    let settings = TargetSettings { budget_percent: 50, speed: 100, ..TargetSettings::default() };
    let kinesis = Arc::new(Scripted { page: script, asked: AtomicUsize::new(0) });
    let target = Arc::new(Target::new(&settings, "eu-west-1".parse().unwrap(), kinesis));
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", directory.path().join("k.db").display());
    let store = Store::open(&url, Opener::Server).await.unwrap();
    let (inventory, writer) = Inventory::open(store, vec![target.clone()], Arc::new(SystemClock)).await.unwrap();
    tokio::spawn(writer);
    let stop = CancellationToken::new();
    let running = tokio::spawn(collect(inventory.clone(), target, stop.clone()));
    let everything = Scope::everything();
    let health = until(|| async { inventory.health(&everything).pop().filter(is_it) }).await;
    stop.cancel();
    running.await.unwrap();
    let rows = inventory.rows(&everything);
    (health, rows.iter().filter(|row| !row.is_gone).map(|row| row.key.name.to_string()).collect())
}

async fn fails(script: fn(usize, &ListFrom) -> Result<ListedPage, ReadFailure>) -> (String, Vec<String>) {
    let (health, names) = collected(script, |health| health.problem.is_some()).await;
    assert_eq!(health.last_listed, None, "a listing that failed is none");
    (health.problem.unwrap().why, names)
}

#[tokio::test]
async fn a_token_that_comes_again_is_a_loop() {
    let (why, names) = fails(|_, _| page(&["a", "b"], Some("again"), true)).await;
    assert_eq!(why, "AWS's listing goes round in circles");
    assert_eq!(names, ["a", "b"], "what it did name is there");
}

#[tokio::test]
async fn more_without_a_way_on_is_told() {
    assert_eq!(fails(|_, _| page(&["a"], None, true)).await.0, "AWS's listing says there is more and does not go on");
    assert_eq!(fails(|_, _| page(&[], None, true)).await.0, "AWS's listing says there is more and does not go on");
}

#[tokio::test]
async fn empty_pages_and_floods_end() {
    let endless = |asked: usize, _: &ListFrom| page(&[], Some(&format!("token-{asked}")), true);
    assert_eq!(fails(endless).await.0, "AWS's listing does not end");
    let flood = |asked: usize, _: &ListFrom| {
        let names: Vec<String> = (0..20_000).map(|index| format!("s-{asked}-{index}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        page(&names, Some(&format!("token-{asked}")), true)
    };
    assert_eq!(fails(flood).await.0, "AWS's listing does not end");
}

#[tokio::test]
async fn a_listing_of_another_account_is_refused_and_shows_nothing_of_it() {
    let foreign = |_: usize, _: &ListFrom| Ok(ListedPage { streams: vec![named("a", "999999999999")], ..ListedPage::default() });
    let (why, names) = fails(foreign).await;
    assert!(why.starts_with("AWS listed streams of 999999999999/eu-west-1, which is not "), "{why}");
    assert!(names.is_empty());
}

#[tokio::test]
async fn some_empty_pages_and_throttles_on_the_way_lose_nothing() {
    let script = |asked: usize, from: &ListFrom| match asked {
        0 => page(&["a", "b"], Some("one"), true),
        1 | 3 => Err(ReadFailure { kind: ReadFailureKind::Throttled, ..ReadFailure::other("AWS is throttling reads") }),
        2 => {
            assert_eq!(*from, ListFrom::Token("one".to_owned()), "the page that was throttled, not the first");
            page(&[], Some("two"), true)
        }
        // Without a token from here: after the last name.
        4 => page(&["c"], None, true),
        _ => {
            assert_eq!(*from, ListFrom::After("c".parse().unwrap()));
            page(&["d"], None, false)
        }
    };
    let (health, names) = collected(script, |health| health.last_listed.is_some()).await;
    assert_eq!(names, ["a", "b", "c", "d"]);
    assert!(health.problem.is_none() && health.pace_percent < 100, "throttles slow it down: {health:?}");
}

#[tokio::test]
async fn what_a_complete_listing_leaves_out_is_gone_and_a_broken_one_takes_nothing_away() {
    // The second listing breaks off; the third is complete, without "b".
    let script = |asked: usize, _: &ListFrom| match asked {
        0 => page(&["a", "b"], None, false),
        _ => page(&["a"], Some("again"), true),
    };
    let (_, names) = collected(script, |health| health.last_listed.is_some()).await;
    assert_eq!(names, ["a", "b"]);
}
