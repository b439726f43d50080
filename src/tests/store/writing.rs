//! Transactions, the inventory and the audit chain.

use super::{NOW, append, event_of};
use crate::{
    model::stream::StreamId,
    server::{
        adapters::store::{Opener, Store, StoredStream, inventory, next_rev},
        services::audit::{self, AuditEvent, Verified},
    },
    tests::database::{Kind, TestDatabase},
};

on_both! {
    the_inventory_comes_back_as_it_was_written(database, store) {
        let key = StreamId::parse("111122223333", "eu-west-1", "s").unwrap();
        let tags = Some([("team".to_owned(), "payments".to_owned())].into());
        let mut stream = StoredStream { tags, ..StoredStream::unread(key) };
        for gone_at in [None, Some(NOW), None] {
            let mut tx = store.write().await.unwrap();
            stream.rev = next_rev(&mut tx).await.unwrap();
            stream.gone_at = gone_at;
            inventory::upsert(&mut tx, &stream).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(store.streams().await.unwrap(), [stream.clone()]);
        }
        assert_eq!(store.last_rev().await.unwrap(), 3);
    }

    a_transaction_that_is_dropped_or_rolled_back_leaves_nothing(database, store) {
        let mut tx = store.write().await.unwrap();
        append(&mut tx, "dropped").await;
        drop(tx);
        let mut tx = store.write().await.unwrap();
        append(&mut tx, "rolled back").await;
        next_rev(&mut tx).await.unwrap();
        tx.rollback().await.unwrap();
        assert!(store.audit_rows(0, 10).await.unwrap().is_empty());
        assert_eq!(store.last_rev().await.unwrap(), 0);
        store.check_writable().await.unwrap();
    }

    writers_take_turns(database, store) {
        let writers = (0..20).map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut tx = store.write().await.unwrap();
                let rev = next_rev(&mut tx).await.unwrap();
                append(&mut tx, "written").await;
                tx.commit().await.unwrap();
                rev
            })
        });
        let revs = futures_util::future::join_all(writers).await;
        let mut revs: Vec<i64> = revs.into_iter().map(Result::unwrap).collect();
        revs.sort_unstable();
        assert_eq!(revs, (1..=20).collect::<Vec<_>>());
        assert!(matches!(audit::verify(&store).await.unwrap(), Verified::Whole { rows: 20, .. }));
    }

    the_chain_takes_any_text(database, store) {
        let hostile = "\0\u{1}\u{7f}\u{202e}'; DROP TABLE audit; --\u{1f512}\r\n";
        let mut tx = store.write().await.unwrap();
        let event = AuditEvent { reason: hostile.to_owned(), result: hostile.to_owned(), ..event_of("x", hostile) };
        audit::append(&mut tx, event).await.unwrap();
        tx.commit().await.unwrap();
        assert!(matches!(audit::verify(&store).await.unwrap(), Verified::Whole { rows: 1, .. }));
        assert_eq!(store.audit_rows(0, 1).await.unwrap()[0].event.reason, hostile.replace('\0', "\u{fffd}"));
    }
}
