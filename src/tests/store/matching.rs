//! Listings of the journal by filters.

use super::{NOW, add_user, apply, change, ended, ids, sent};
use crate::{
    model::{
        change::{
            Change, End, EndKind,
            refusal::{Refusal, RefusalKind},
        },
        time::{MINUTE_MS, Timestamp},
    },
    server::adapters::store::{
        Inserted, Leased, NewChange, Opener, Page, Store,
        changes::{Matching, Position},
    },
    tests::database::{Kind, TestDatabase},
};

fn everything() -> Matching {
    Matching {
        at_least: Timestamp::from_millis(i64::MIN),
        at_most: Timestamp::from_millis(i64::MAX),
        by: String::new(),
        name: String::new(),
        end: None,
    }
}

/// Records a change of a user, some minutes after the first.
async fn record_by(store: &Store, user: &str, id: &str, stream: &str, minutes: i64) -> Leased {
    let mut change = change(id, stream);
    change.intent.requested_at = NOW.plus_millis(minutes * MINUTE_MS);
    change.intent.reason = "\"how\":\"Settled\"".to_owned();
    let mut tx = store.write().await.unwrap();
    let new = NewChange { change: &mut change, user_id: user, request_id: id, form_hash: "h", intent_mac: "" };
    let Inserted::Recorded { fence } = store.insert_change(&mut tx, new).await.unwrap() else { panic!("not recorded") };
    tx.commit().await.unwrap();
    Leased { change, fence, intent_mac: String::new() }
}

/// Records five changes of two users: one settled, one rejected, one not applied, two active ones of the same moment.
async fn record_five(store: &Store) {
    add_user(store, "anna").await;
    add_user(store, "Berta").await;
    let refusal = Refusal { kind: RefusalKind::AccessDenied, aws: None, read_after: None };
    for (id, user, stream, minutes, how) in [
        ("c1", "anna", "orders-prod", 10, Some(End::Settled)),
        ("c2", "Berta", "Orders_dev", 20, Some(End::Rejected(refusal))),
        ("c3", "anna", "orders-dev", 30, Some(End::NotApplied)),
        ("c4", "Berta", "clicks", 40, None),
        ("c5", "anna", "refunds", 40, None),
    ] {
        let mut held = record_by(store, user, id, stream, minutes).await;
        if let Some(how) = how {
            apply(store, &mut held, [sent(minutes), ended(minutes + 1, how)]).await.unwrap();
        }
    }
}

async fn page(
    store: &Store,
    matching: &Matching,
    after: Option<Position>,
    take: i64,
) -> (Vec<Change>, Option<Position>) {
    store.matching_changes(matching, after, Page { skip: 0, take }).await.unwrap()
}

async fn found(store: &Store, matching: Matching) -> Vec<String> {
    let (changes, next) = page(store, &matching, None, 100).await;
    assert!(next.is_none(), "these were all");
    changes.into_iter().map(|change| change.id).collect()
}

on_both! {
    each_filter_selects_what_it_says(database, store) {
        record_five(&store).await;
        assert_eq!(found(&store, everything()).await, ["c4", "c5", "c3", "c2", "c1"], "newest first, then by id");
        for (by, expected) in [("ANNA", vec!["c5", "c3", "c1"]), ("berta", vec!["c4", "c2"]), ("ann", vec![])] {
            assert_eq!(found(&store, Matching { by: by.to_owned(), ..everything() }).await, expected, "{by}");
        }
        for (name, expected) in [
            ("ORDERS", vec!["c3", "c2", "c1"]),
            ("orders_dev", vec!["c2"]),
            ("orders-dev", vec!["c3"]),
            ("%", vec![]),
            ("\\", vec![]),
            ("eu-west-1", vec![]),
            ("111122223333", vec![]),
            ("stream", vec![]),
        ] {
            assert_eq!(found(&store, Matching { name: name.to_owned(), ..everything() }).await, expected, "{name}");
        }
        let minutes = |minutes: i64| NOW.plus_millis(minutes * MINUTE_MS);
        let within = Matching { at_least: minutes(20), at_most: minutes(30), ..everything() };
        assert_eq!(found(&store, within.clone()).await, ["c3", "c2"], "both ends included");
        assert_eq!(found(&store, Matching { by: "anna".to_owned(), ..within }).await, ["c3"], "each must match");
        for (end, expected) in [
            (EndKind::Settled, vec!["c1"]),
            (EndKind::Rejected, vec!["c2"]),
            (EndKind::NotApplied, vec!["c3"]),
            (EndKind::Superseded, vec![]),
        ] {
            assert_eq!(found(&store, Matching { end: Some(end), ..everything() }).await, expected, "{end:?}");
        }
    }

    a_listing_goes_on_where_it_stopped(database, store) {
        record_five(&store).await;
        for take in 1..=6 {
            let (mut position, mut seen) = (None, Vec::new());
            loop {
                let (changes, next) = page(&store, &everything(), position, take).await;
                seen.extend(ids(&changes).into_iter().map(str::to_owned));
                position = next;
                if position.is_none() {
                    break;
                }
            }
            assert_eq!(seen, ["c4", "c5", "c3", "c2", "c1"], "{take} at a time");
        }
        let skipped = store.matching_changes(&everything(), None, Page { skip: 1, take: 2 }).await.unwrap().0;
        assert_eq!(ids(&skipped), ["c5", "c3"]);
        // Neither a change of a newer version nor one recorded meanwhile disturbs it.
        let (_, after_c5) = page(&store, &everything(), None, 2).await;
        record_by(&store, "anna", "c6", "new", 50).await;
        database.run("UPDATE changes SET body = '{\"action\": \"of tomorrow\"}' WHERE id = 'c3'").await;
        let (changes, after_c3) = page(&store, &everything(), after_c5, 1).await;
        assert_eq!(ids(&changes), [""; 0]);
        assert_eq!(ids(&page(&store, &everything(), after_c3, 2).await.0), ["c2", "c1"]);
    }
}
