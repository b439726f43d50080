//! Listings that go wrong: loops, floods, inconsistent pages. Known states stay, and the target says why it is behind.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::support::{MovedClock, until};
use crate::{
    model::{
        access::scope::Scope,
        change::Action,
        inventory::{StreamRow, TargetHealth},
        stream::{Account, StreamReport, encryption::KeyId},
        time::DAY_MS,
    },
    server::{
        adapters::{
            aws::{
                Kinesis, ListFrom, ListedPage, ListedStream, ReadFailure, ReadFailureKind, SendOutcome, StreamRef,
                TaggedPage, targets::Target,
            },
            clock::{Clock, Freshness, SystemClock},
            store::{Opener, Store},
        },
        config::TargetSettings,
        services::inventory::{Inventory, collect, write_behind},
    },
};

/// An AWS with scripted listings, which reads nothing.
#[derive(Debug)]
struct Scripted {
    page: fn(usize, &ListFrom) -> Result<ListedPage, ReadFailure>,
    tags: fn(usize) -> TaggedPage,
    asked: AtomicUsize,
    asked_for_tags: AtomicUsize,
}

#[async_trait]
impl Kinesis for Scripted {
    async fn list_streams(&self, from: &ListFrom) -> Result<ListedPage, ReadFailure> {
        (self.page)(self.asked.fetch_add(1, Ordering::SeqCst), from)
    }

    async fn describe_stream_summary(&self, _: &StreamRef) -> Result<StreamReport, ReadFailure> {
        Err(ReadFailure {
            kind: ReadFailureKind::NotFound,
            why: "not there".to_owned(),
            in_short: "not there".to_owned(),
        })
    }

    async fn change_encryption(&self, _: Action, _: &StreamRef, _: &KeyId, _: &Freshness) -> SendOutcome {
        panic!("nothing is sent here")
    }

    async fn get_resources(&self, _: Option<&str>) -> Result<TaggedPage, ReadFailure> {
        Ok((self.tags)(self.asked_for_tags.fetch_add(1, Ordering::SeqCst)))
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

/// Runs the collector on the script until the target's health is as expected. Returns the health and the known names.
async fn collected(
    script: fn(usize, &ListFrom) -> Result<ListedPage, ReadFailure>,
    is_it: fn(&TargetHealth) -> bool,
) -> (TargetHealth, Vec<String>) {
    let (health, rows) = collected_with_tags(script, |_| TaggedPage::default(), is_it).await;
    (health, rows.iter().map(|row| row.id.name.to_string()).collect())
}

async fn collected_with_tags(
    page: fn(usize, &ListFrom) -> Result<ListedPage, ReadFailure>,
    tags: fn(usize) -> TaggedPage,
    is_it: fn(&TargetHealth) -> bool,
) -> (TargetHealth, Vec<StreamRow>) {
    let settings = TargetSettings { budget_percent: 50, speed: 100, ..TargetSettings::default() };
    let kinesis = Arc::new(Scripted { page, tags, asked: AtomicUsize::new(0), asked_for_tags: AtomicUsize::new(0) });
    let target = Arc::new(Target::new(&settings, "eu-west-1".parse().unwrap(), kinesis));
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", directory.path().join("k.db").display());
    let store = Store::open(&url, Opener::Server).await.unwrap();
    let inventory = Inventory::open(&store, vec![target.clone()], Arc::new(SystemClock)).await.unwrap();
    tokio::spawn(write_behind(store, inventory.clone()));
    let stop = CancellationToken::new();
    let running = tokio::spawn(collect(Arc::default(), inventory.clone(), target, stop.clone()));
    let everything = Scope::everything();
    let health = until(|| async { inventory.health(&everything).pop().filter(is_it) }).await;
    // Tags follow the listing.
    let are_tagged = || inventory.rows(&everything).iter().all(|row| row.tags.is_some());
    if health.problem.is_none() && health.tags_problem.is_none() {
        until(|| async { are_tagged().then_some(()) }).await;
    }
    stop.cancel();
    running.await.unwrap();
    (health, inventory.rows(&everything).into_iter().filter(|row| !row.is_gone).collect())
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
    let foreign =
        |_: usize, _: &ListFrom| Ok(ListedPage { streams: vec![named("a", "999999999999")], ..ListedPage::default() });
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
        // No token from here on: continues after the last name.
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

/// One page with eight hundred streams.
fn eight_hundred(_: usize, _: &ListFrom) -> Result<ListedPage, ReadFailure> {
    let names: Vec<String> = (0..800).map(|number| format!("s-{number:03}")).collect();
    page(&names.iter().map(String::as_str).collect::<Vec<_>>(), None, false)
}

#[tokio::test]
async fn forty_thousand_tags_are_taken_in_page_by_page() {
    let tags = |asked: usize| {
        let tagged = |number: usize| {
            let arn = format!("arn:aws:kinesis:eu-west-1:111122223333:stream/s-{number:03}").parse().unwrap();
            (arn, (0..50).map(|tag| (format!("key-{tag:02}"), "v".repeat(256))).collect())
        };
        let next_token = (asked < 7).then(|| format!("page-{}", asked + 1));
        TaggedPage { streams: (asked * 100..asked * 100 + 100).map(tagged).collect(), next_token }
    };
    let (health, rows) = collected_with_tags(eight_hundred, tags, |health| health.last_listed.is_some()).await;
    let count: usize = rows.iter().map(|row| row.tags.as_ref().map_or(0, |tags| tags.len())).sum();
    assert_eq!((rows.len(), count, health.tags_problem), (800, 40_000, None));
}

#[tokio::test]
async fn a_list_of_tags_that_loops_or_does_not_end_is_given_up() {
    for (tags, says) in [
        (
            (|_| TaggedPage { streams: Vec::new(), next_token: Some("again".to_owned()) }) as fn(usize) -> TaggedPage,
            "goes round in circles",
        ),
        (|asked| TaggedPage { streams: Vec::new(), next_token: Some(format!("token-{asked}")) }, "does not end"),
    ] {
        let (health, rows) = collected_with_tags(eight_hundred, tags, |health| health.tags_problem.is_some()).await;
        assert!(health.tags_problem.as_ref().unwrap().ends_with(says), "{health:?}");
        assert_eq!(health.problem, None, "nothing else depends on tags");
        assert!(rows.iter().all(|row| row.tags.is_none()), "nobody said that they have none");
    }
}

/// A target that nobody reads.
fn unread_target(region: &str) -> Arc<Target> {
    let kinesis = Scripted {
        page: eight_hundred,
        tags: |_| TaggedPage::default(),
        asked: AtomicUsize::new(0),
        asked_for_tags: AtomicUsize::new(0),
    };
    let settings = TargetSettings { account: "111122223333".parse().ok(), ..TargetSettings::default() };
    Arc::new(Target::new(&settings, region.parse().unwrap(), Arc::new(kinesis)))
}

#[tokio::test]
async fn a_stream_that_comes_up_while_tags_are_read_is_not_called_untagged() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", directory.path().join("k.db").display());
    let store = Store::open(&url, Opener::Server).await.unwrap();
    let target = unread_target("eu-west-1");
    let inventory = Inventory::open(&store, vec![target.clone()], Arc::new(SystemClock)).await.unwrap();
    inventory.record_listed(&target, &[named("old", "111122223333")]);
    let known = inventory.known_of(&target);
    inventory.record_listed(&target, &[named("new", "111122223333")]);
    inventory.record_tags(&target, &known, HashMap::new());
    let tags: Vec<_> =
        inventory.rows(&Scope::everything()).into_iter().map(|row| (row.id.name.to_string(), row.tags)).collect();
    assert_eq!(tags, [("new".to_owned(), None), ("old".to_owned(), Some(Vec::new().into()))]);
}

#[tokio::test]
async fn a_stream_whose_namesake_is_forgotten_has_none() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", directory.path().join("k.db").display());
    let store = Store::open(&url, Opener::Server).await.unwrap();
    let (here, there) = (unread_target("eu-west-1"), unread_target("eu-central-1"));
    let clock = Arc::new(MovedClock::default());
    let inventory = Inventory::open(&store, vec![here.clone(), there.clone()], clock.clone()).await.unwrap();
    for target in [&here, &there] {
        inventory.record_listed(target, &[named("orders", "111122223333")]);
    }
    let have_namesakes = || inventory.rows(&Scope::everything()).iter().map(|row| row.has_namesake).collect::<Vec<_>>();
    assert_eq!(have_namesakes(), [true, true]);
    inventory.record_gone(&[there.stream_id(&"orders".parse().unwrap())]);
    clock.advance(DAY_MS + 1);
    inventory.forget_past();
    assert_eq!(have_namesakes(), [false]);
}
