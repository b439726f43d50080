//! Leases on changes.

use std::sync::Arc;

use super::{apply, change, ended, record, sent};
use crate::{
    model::change::End,
    server::adapters::store::{Opener, Store, StoreError, leases::LEASE_MS},
    tests::database::{Kind, TestDatabase},
};

on_both! {
    a_lease_passes_on_with_a_higher_fence_and_the_former_holder_writes_nothing(database, store) {
        let mut held = record(&store, change("c1", "s")).await;
        assert!(store.take_over(|_| true).await.unwrap().is_empty(), "in hand");
        let mut taken = store.take_over(|_| false).await.unwrap().pop().unwrap();
        assert_eq!(taken.fence, held.fence + 1);
        assert_eq!(taken.change, held.change);
        assert!(matches!(apply(&store, &mut held, [sent(1)]).await, Err(StoreError::NotHeld)), "woken too late: \
            nothing is sent");
        apply(&store, &mut taken, [sent(1)]).await.unwrap();
        apply(&store, &mut taken, [ended(2, End::Settled)]).await.unwrap();
        assert!(store.take_over(|_| false).await.unwrap().is_empty(), "ended");
    }
}

#[tokio::test]
async fn instances_on_one_postgres_take_over_only_from_the_dead_and_the_silent() {
    let database = TestDatabase::new(Kind::Postgres).await;
    let first = Store::open(&database.url, Opener::Server).await.unwrap();
    let second = Store::open(&database.url, Opener::Server).await.unwrap();
    record(&first, change("c1", "s")).await;
    assert!(second.take_over(|_| false).await.unwrap().is_empty(), "the first one lives and its lease holds");

    // Alive and silent for longer than its lease, as when it is suspended.
    let set_back =
        async |millis: i64| database.run(&format!("UPDATE changes SET lease_until = lease_until - {millis}")).await;
    set_back(LEASE_MS / 2).await;
    assert!(second.take_over(|_| false).await.unwrap().is_empty());
    first.renew_leases().await.unwrap();
    set_back(LEASE_MS / 2).await;
    assert!(second.take_over(|_| false).await.unwrap().is_empty(), "renewed");
    set_back(LEASE_MS).await;
    assert_eq!(second.take_over(|_| false).await.unwrap().len(), 1);
    first.renew_leases().await.unwrap();
    assert!(first.take_over(|_| false).await.unwrap().is_empty(), "a late renewal takes nothing back");

    // Dead: at once, however long its lease is.
    let third = Arc::new(Store::open(&database.url, Opener::Server).await.unwrap());
    record(&third, change("c2", "t")).await;
    drop(third);
    crate::tests::support::until(|| async { second.take_over(|id| id == "c1").await.unwrap().pop() }).await;
}
