//! A database 5 ms away: writing the inventory doesn't delay the journal.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use super::{
    database::{Kind, TestDatabase},
    fleet::target,
    proxy::Proxy,
    support::{ACCOUNT, REGION, until},
};
use crate::{
    model::time::Timestamp,
    server::{
        adapters::{
            aws::{
                ListedStream,
                targets::{self, Target},
            },
            clock::{Clock, SystemClock},
            store::{Opener, Store, next_rev},
        },
        services::{
            audit::{self, AuditAction, AuditEvent},
            inventory::{Inventory, write_behind},
        },
    },
};

const FAR: Duration = Duration::from_millis(5);

struct Far {
    proxy: Proxy,
    /// Through the proxy.
    store: Store,
    /// Past the proxy.
    near: Store,
    inventory: Arc<Inventory>,
    target: Arc<Target>,
}

impl Far {
    async fn away() -> Self {
        let database = TestDatabase::new(Kind::Postgres).await;
        let proxy = Proxy::before(&database.url, FAR).await;
        let store = Store::open(&proxy.url, Opener::Setup).await.unwrap();
        let near = Store::open(&database.url, Opener::Setup).await.unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        // Nothing is requested from AWS.
        let target =
            targets::load(&[target("http://127.0.0.1:1", ACCOUNT, REGION)], &clock, None).await.unwrap().remove(0);
        let inventory = Inventory::open(&store, vec![target.clone()], clock).await.unwrap();
        tokio::spawn(write_behind(store.clone(), inventory.clone()));
        Self { proxy, store, near, inventory, target }
    }

    fn list(&self, count: usize) {
        let listed = |number: usize| ListedStream {
            name: format!("stream-{number:05}").parse().unwrap(),
            arn: None,
            status: None,
            created: None,
            asked_at: SystemClock.now(),
        };
        self.inventory.record_listed(&self.target, &(0..count).map(listed).collect::<Vec<_>>());
    }

    async fn have_come(&self, count: usize) {
        until(|| async { (self.near.streams().await.unwrap().len() == count).then_some(()) }).await;
    }
}

#[tokio::test]
async fn a_batch_of_rows_holds_the_journals_lock_for_a_few_round_trips() {
    let far = Far::away().await;
    let before = far.proxy.round_trips();
    far.list(500);
    far.have_come(500).await;
    let round_trips = far.proxy.round_trips() - before;
    assert!(round_trips <= 40, "500 rows took {round_trips} round trips");
    let streams = far.near.streams().await.unwrap();
    let revs: BTreeSet<i64> = streams.iter().map(|stream| stream.rev).collect();
    assert_eq!(revs, (1..=500).collect(), "each row has its own place in the order");
    assert_eq!(far.near.last_rev().await.unwrap(), 500);
}

/// One write like the journal's.
async fn write(store: &Store) {
    let mut tx = store.write().await.expect("the journal waits for one statement of the inventory at most");
    next_rev(&mut tx).await.unwrap();
    audit::append(&mut tx, AuditEvent::by_server(Timestamp::from_millis(0), AuditAction::ServerStarted, ""))
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// `JOURNAL_TIMES=1` prints how long the writes took.
#[tokio::test]
async fn the_journal_is_written_while_ten_thousand_rows_are_listed() {
    let far = Far::away().await;
    far.list(10_000);
    let begun = SystemClock.steady();
    let (mut took, mut written) = (Vec::new(), 0);
    // Every row and every write takes a number.
    while far.near.last_rev().await.unwrap() < 10_000 + written {
        let before = SystemClock.steady();
        write(&far.store).await;
        written += 1;
        took.push(SystemClock.steady().saturating_sub(before));
    }
    far.have_come(10_000).await;
    took.sort_unstable();
    assert!(!took.is_empty(), "the rows take a while");
    if std::env::var_os("JOURNAL_TIMES").is_some() {
        let at = |percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)].as_millis();
        eprintln!(
            "journal, {} ms away, 10,000 rows listed in {} ms: {} writes, p50 {} ms, p99 {} ms, longest {} ms",
            FAR.as_millis(),
            SystemClock.steady().saturating_sub(begun).as_millis(),
            took.len(),
            at(50),
            at(99),
            at(100),
        );
    }
}
