//! Streams of the audit chain: how far they came, and who streams.

use crate::{
    model::{access::chain_place::ChainPlace, time::Timestamp},
    server::{
        adapters::store::{Opener, Store, audit_streams::STREAM_LEASE_MS},
        services::audit::{AuditAction, AuditEvent, append_alone},
    },
    tests::{
        database::{Kind, TestDatabase},
        support::until,
    },
};

fn place(seq: i64) -> ChainPlace {
    ChainPlace { seq, hash: format!("h{seq}") }
}

on_both! {
    each_stream_goes_on_where_it_was(database, store) {
        assert_eq!(store.last_streamed("a").await.unwrap(), None);
        assert!(!store.record_streamed("a", &place(1)).await.unwrap(), "without a lease");
        let lease = store.lease_audit_stream("a").await.unwrap().unwrap();
        assert_eq!((lease.at, lease.is_renewed), (ChainPlace::default(), false));
        assert!(store.record_streamed("a", &place(7)).await.unwrap());
        let lease = store.lease_audit_stream("a").await.unwrap().unwrap();
        assert_eq!((lease.at, lease.is_renewed), (place(7), true));
        assert!(store.record_streamed("a", &place(3)).await.unwrap(), "also back: the file says so");
        assert_eq!(store.last_streamed("a").await.unwrap(), Some(place(3)));
        assert_eq!(store.lease_audit_stream("b").await.unwrap().unwrap().at, ChainPlace::default());
        drop(store);
        let again = until(|| async { Store::open(&database.url, Opener::Server).await.ok() }).await;
        let lease = until(|| async { again.lease_audit_stream("a").await.unwrap() }).await;
        assert_eq!((lease.at, lease.is_renewed), (place(3), false));
    }

    a_stream_goes_on_after_a_row_that_the_chain_has(_database, store) {
        for _ in 0..2 {
            let event = AuditEvent::by_server(Timestamp::from_millis(0), AuditAction::ServerStarted, "test");
            append_alone(&store, event).await.unwrap();
        }
        let rows = store.audit_rows(1, 2).await.unwrap();
        let [first, second] = [0, 1].map(|at: usize| ChainPlace { seq: rows[at].seq, hash: rows[at].hash.clone() });
        let lost = place(2);
        assert_eq!(store.streamed_in_chain("a", &lost).await.unwrap(), None);
        assert_eq!(store.streamed_in_chain("a", &second).await.unwrap().as_ref(), Some(&second));
        store.lease_audit_stream("a").await.unwrap().unwrap();
        assert_eq!(store.streamed_in_chain("a", &lost).await.unwrap(), None, "none has arrived");
        assert!(store.record_streamed("a", &first).await.unwrap());
        assert_eq!(store.streamed_in_chain("a", &lost).await.unwrap().as_ref(), Some(&first));
        assert_eq!(store.streamed_in_chain("a", &second).await.unwrap(), Some(second));
        assert!(store.record_streamed("a", &lost).await.unwrap());
        assert_eq!(store.streamed_in_chain("a", &lost).await.unwrap(), None, "that row is of another chain");
    }
}

#[tokio::test]
async fn one_instance_streams_until_it_is_dead_or_silent() {
    let database = TestDatabase::new(Kind::Postgres).await;
    let first = Store::open(&database.url, Opener::Server).await.unwrap();
    let second = Store::open(&database.url, Opener::Server).await.unwrap();
    first.lease_audit_stream("a").await.unwrap().unwrap();
    assert!(second.lease_audit_stream("a").await.unwrap().is_none());
    let set_back = format!("UPDATE audit_streams SET lease_until = lease_until - {}", STREAM_LEASE_MS + 1_000);
    database.run(&set_back).await;
    assert!(second.lease_audit_stream("a").await.unwrap().is_some(), "the first one is silent");
    assert!(!first.record_streamed("a", &place(1)).await.unwrap(), "and records nothing when it wakes");
    assert!(first.lease_audit_stream("a").await.unwrap().is_none());
    drop(second);
    let lease = until(|| async { first.lease_audit_stream("a").await.unwrap() }).await;
    assert_eq!((lease.at, lease.is_renewed), (ChainPlace::default(), false));
}
