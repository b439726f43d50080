//! The journal of changes.

use super::{NOW, apply, change, ended, ids, record, sent};
use crate::{
    model::{
        change::{
            End, Ending, Slow, Step,
            refusal::{Refusal, RefusalKind},
        },
        stream::StreamId,
        time::MINUTE_MS,
    },
    server::adapters::store::{Inserted, NewChange, Opener, Page, Store, StoreError, changes},
    tests::database::{Kind, TestDatabase},
};

on_both! {
    a_draft_is_its_authors_and_for_15_minutes(database, store) {
        store.keep_draft("d", "anna", "one", NOW).await.unwrap();
        store.keep_draft("d", "berta", "theirs", NOW).await.unwrap();
        store.keep_draft("d", "anna", "two", NOW).await.unwrap();
        let draft = |user: &'static str, at| store.draft("d", user, at);
        assert_eq!(draft("anna", NOW.plus_millis(15 * MINUTE_MS)).await.unwrap().as_deref(), Some("two"));
        assert_eq!(draft("anna", NOW.plus_millis(15 * MINUTE_MS + 1)).await.unwrap(), None);
        assert_eq!(draft("berta", NOW).await.unwrap().as_deref(), Some("theirs"));
        assert_eq!(draft("", NOW).await.unwrap(), None);
    }

    a_form_is_one_change_and_a_stream_has_one_active_change(database, store) {
        let mut first = record(&store, change("c1", "s")).await;
        let insert = |id, stream, user: &'static str, request: &'static str, hash: &'static str| {
            let store = store.clone();
            async move {
                let mut new = change(id, stream);
                let mut tx = store.write().await.unwrap();
                let new = NewChange {
                    change: &mut new,
                    user_id: user,
                    request_id: request,
                    form_hash: hash,
                    intent_mac: "",
                };
                let inserted = store.insert_change(&mut tx, new).await.unwrap();
                tx.commit().await.unwrap();
                inserted
            }
        };
        let repeated = insert("c2", "s", "u", "request-c1", "h").await;
        assert!(matches!(repeated, Inserted::SameRequest(same) if same.id == "c1"));
        assert!(matches!(insert("c2", "s", "u", "request-c1", "other").await, Inserted::OtherValues));
        assert!(matches!(insert("c2", "s", "v", "request-c1", "h").await, Inserted::StreamBusy { id } if id == "c1"));
        apply(&store, &mut first, [ended(1, End::Expired)]).await.unwrap();
        let repeated = insert("c2", "s", "u", "request-c1", "h").await;
        assert!(matches!(repeated, Inserted::SameRequest(same) if !same.is_active()));
        assert!(matches!(insert("c2", "s", "v", "request-c1", "h").await, Inserted::Recorded { .. }));
        assert!(matches!(insert("c3", "t", "v", "another", "h").await, Inserted::Recorded { .. }), "another stream");
        assert_eq!(store.change("c2").await.unwrap().unwrap().intent.reason, first.change.intent.reason);
    }

    two_active_changes_of_a_stream_are_refused_by_the_database_itself(database, store) {
        record(&store, change("c1", "s")).await;
        let copy = "INSERT INTO changes (id, rev, user_id, request_id, form_hash, arn, requested_at, body) SELECT \
            'c2', rev, user_id, 'other', form_hash, arn, requested_at, body FROM changes";
        assert!(database.try_run(copy).await.unwrap_err().is_unique_violation());
    }

    an_ended_change_is_not_written_again(database, store) {
        let mut held = record(&store, change("c1", "s")).await;
        apply(&store, &mut held, [sent(1), ended(2, End::Settled)]).await.unwrap();
        assert!(matches!(apply(&store, &mut held, [sent(3)]).await, Err(StoreError::NotHeld)));
        assert!(matches!(store.change("c1").await.unwrap().unwrap().end, Some(Ending { how: End::Settled, .. })));
    }

    what_is_written_moves_the_row_as_it_is(database, store) {
        let mut held = record(&store, change("c1", "s")).await;
        // Evidence that came from elsewhere, without a lease.
        let mut tx = store.write().await.unwrap();
        let mut elsewhere = changes::latest(&mut tx, "c1").await.unwrap().change;
        elsewhere.apply(Step::Slow(Slow { since: NOW, usual: None }));
        changes::write(&mut tx, &mut elsewhere).await.unwrap();
        tx.commit().await.unwrap();
        apply(&store, &mut held, [sent(1)]).await.unwrap();
        let both = store.change("c1").await.unwrap().unwrap();
        assert!(both.evidence.slow.is_some() && both.evidence.sent_at.is_some(), "neither covers the other");
        let mut tx = store.write().await.unwrap();
        assert!(matches!(changes::latest(&mut tx, "c0").await, Err(StoreError::NotHeld)));
    }

    lists_are_in_their_order(database, store) {
        for (number, (id, stream)) in [("c1", "a"), ("c2", "b"), ("c3", "a"), ("c4", "c")].into_iter().enumerate() {
            let minutes = i64::try_from(number).unwrap() * 10;
            let mut new = change(id, stream);
            new.intent.requested_at = NOW.plus_millis(minutes * MINUTE_MS);
            let mut held = record(&store, new).await;
            if id != "c4" {
                let reached = Step::Reached { at: NOW.plus_millis((minutes + 2) * MINUTE_MS), key: None };
                apply(&store, &mut held, [sent(minutes + 1), reached, ended(minutes + 3, End::Settled)]).await.unwrap();
            }
        }
        let all = store.changes(Page { skip: 0, take: 10 }).await.unwrap();
        assert_eq!(ids(&all), ["c4", "c3", "c2", "c1"]);
        assert_eq!(ids(&store.changes(Page { skip: 1, take: 2 }).await.unwrap()), ["c3", "c2"]);
        let of_a = store.changes_of_stream(&StreamId::parse("111122223333", "eu-west-1", "a").unwrap()).await.unwrap();
        assert_eq!(ids(&of_a), ["c3", "c1"]);
        for (since, sent) in [(MINUTE_MS, vec!["c1", "c3"]), (MINUTE_MS + 1, vec!["c3"])] {
            let found = store.changes_sent_since(&of_a[0].intent.arn, NOW.plus_millis(since)).await.unwrap();
            assert_eq!(ids(&found), sent);
        }
        assert_eq!(ids(&store.active_changes().await.unwrap()), ["c4"]);
        assert_eq!(ids(&store.changes_reached(2).await.unwrap()), ["c2", "c3"], "the last two, oldest first");
        assert_eq!(ids(&store.changes_ended_since(NOW).await.unwrap()), ["c3", "c2", "c1"], "the one sent last first");
        let newest = store.newest_acting_change(&of_a[0].stream_id()).await.unwrap();
        assert_eq!(newest.map(|change| change.id).as_deref(), Some("c3"));
        let moved = store.changes_after(all[2].rev).await.unwrap();
        assert_eq!(ids(&moved), ["c3", "c4"]);
        assert!(moved[0].rev < moved[1].rev && moved[1].rev <= store.last_rev().await.unwrap());
        for number in 0..60 {
            let refusal = Refusal { kind: RefusalKind::AccessDenied, aws: None, read_after: None };
            let mut refused = record(&store, change(&format!("refused{number}"), "a")).await;
            let steps = [sent(100 + number), ended(101 + number, End::Rejected(refusal))];
            apply(&store, &mut refused, steps).await.unwrap();
        }
        let newest = store.newest_acting_change(&of_a[0].stream_id()).await.unwrap();
        assert_eq!(newest.map(|change| change.id).as_deref(), Some("c3"), "however many were refused since");
    }

    a_change_of_a_newer_version_stops_nothing(database, store) {
        let theirs = record(&store, change("c1", "s")).await;
        let ours = record(&store, change("c2", "t")).await;
        database.run("UPDATE changes SET body = '{\"action\": \"of tomorrow\"}' WHERE id = 'c1'").await;
        let taken = store.take_over(|_| false).await.unwrap();
        let taken: Vec<String> = taken.into_iter().map(|leased| leased.change.id).collect();
        assert_eq!(taken, ["c2"], "what cannot be read is left alone");
        assert_eq!(ids(&store.active_changes().await.unwrap()), ["c2"]);
        assert_eq!(ids(&store.changes_after(theirs.change.rev - 1).await.unwrap()), ["c2"]);
        assert_eq!(ids(&store.changes(Page { skip: 0, take: 10 }).await.unwrap()), ["c2"], "the list is there");
        assert_eq!(ids(&store.changes_of_stream(&theirs.change.stream_id()).await.unwrap()), [""; 0]);
        assert!(store.changes_sent_since(&theirs.change.intent.arn, NOW).await.unwrap().is_empty());
        let mut other = change("c3", "s");
        let mut tx = store.write().await.unwrap();
        let new = NewChange {
            change: &mut other,
            user_id: "v",
            request_id: "request-c3",
            form_hash: "h",
            intent_mac: "",
        };
        let inserted = store.insert_change(&mut tx, new).await.unwrap();
        assert!(matches!(inserted, Inserted::StreamBusy { id } if id == "c1"), "it is active");
        tx.rollback().await.unwrap();
        assert!(store.change("c1").await.is_err(), "its page does not show something else instead");
        assert!(ours.change.rev > theirs.change.rev);
    }

    a_row_of_the_first_schema_can_be_taken_over(database, store) {
        record(&store, change("c1", "s")).await;
        database.run("UPDATE changes SET owner = '', lease_until = 0, fence = 0").await;
        assert_eq!(store.take_over(|_| false).await.unwrap()[0].fence, 1);
    }
}
