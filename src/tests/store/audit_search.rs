//! Searches of the audit chain: what a user may see is part of them, and none looks at more than it may.

use super::{NOW, event_of};
use crate::{
    model::{access::scope::Scope, time::Timestamp},
    server::{
        adapters::store::{
            Opener, Store,
            audit_search::{Bounds, Matching, Sight},
        },
        services::audit::{self, AuditEvent},
    },
    tests::database::{Kind, TestDatabase},
};

const ALL: Bounds = Bounds { look: 1_000, take: 1_000 };

fn everything() -> Matching {
    Matching {
        at_least: Timestamp::from_millis(i64::MIN),
        at_most: Timestamp::from_millis(i64::MAX),
        actor: String::new(),
        action: String::new(),
        text: String::new(),
        sight: None,
    }
}

fn of(name: &str, scope: &str) -> Matching {
    let streams = Scope::parse(scope).unwrap().arn_patterns();
    Matching { sight: Some(Sight { name: name.to_owned(), streams }), ..everything() }
}

async fn append(store: &Store, events: impl IntoIterator<Item = AuditEvent>) {
    let mut tx = store.write().await.unwrap();
    for event in events {
        audit::append(&mut tx, event).await.unwrap();
    }
    tx.commit().await.unwrap();
}

fn arn(name: &str) -> String {
    format!("arn:aws:kinesis:eu-west-1:111122223333:stream/{name}")
}

/// The targets of what a search finds, newest first.
async fn found(store: &Store, matching: &Matching) -> Vec<String> {
    let found = store.search_audit_back(matching, None, ALL).await.unwrap();
    assert_eq!(found.stopped_at, None);
    let forth = store.search_audit_forth(matching, (0, i64::MAX), ALL).await.unwrap();
    let mut same = forth.rows.clone();
    same.reverse();
    assert_eq!(same, found.rows, "in the other direction");
    found.rows.into_iter().map(|row| row.event.target).collect()
}

on_both! {
    the_database_itself_returns_only_what_a_user_may_see(database, store) {
        let by = |actor: &str, action: &str, target: &str| AuditEvent {
            actor: actor.to_owned(),
            address: "203.0.113.9".to_owned(),
            ..event_of(action, target)
        };
        append(&store, [
            by("jon", "change.sent", &arn("orders-prod")),
            by("jon", "change.sent", &arn("Orders-prod")),
            by("jon", "change.sent", &arn("orders_prod")),
            by("jon", "change.sent", &arn("clicks")),
            by("jon", "change.sent", "arn:aws:kinesis:eu-west-1:444455556666:stream/orders-prod"),
            by("jon", "change.sent", "arn:aws:kinesis:us-east-1:111122223333:stream/orders-prod"),
            by("jon", "request.refused", &arn("orders-prod")),
            by("jon", "user.added", "mira"),
            by("mira", "audit.exported", "x"),
            by("MIRA", "audit.exported", "y"),
            by("jon", "user.added", "anna"),
        ]).await;
        assert_eq!(found(&store, &everything()).await.len(), 11);
        let scope = "111122223333/eu-*/orders-*";
        let own = ["x".to_owned(), "mira".to_owned()];
        let orders = [arn("orders-prod")];
        assert_eq!(found(&store, &of("mira", scope)).await, [own.as_slice(), &orders].concat());
        assert_eq!(found(&store, &of("mira", "*/*/o*s_p*d")).await, [own.as_slice(), &[arn("orders_prod")]].concat());
        let two = found(&store, &of("nobody", "111122223333/eu-west-1/clicks 444455556666/*/*")).await;
        assert_eq!(two, ["arn:aws:kinesis:eu-west-1:444455556666:stream/orders-prod".to_owned(), arn("clicks")]);
        let searched = |text: &str| Matching { text: text.to_owned(), ..of("mira", scope) };
        assert_eq!(found(&store, &searched("ORDERS")).await, orders);
        assert_eq!(found(&store, &searched("clicks")).await, [""; 0]);
        assert_eq!(found(&store, &searched("203.0.113.9")).await, [""; 0], "nor addresses");
    }

    a_search_goes_on_where_it_stopped_and_meets_each_row_once(database, store) {
        // Two of each moment, and a clock that was set back in between.
        let minutes = [0, 0, 1, 1, 9, 9, 3, 3, 4, 4, 5];
        append(&store, minutes.iter().enumerate().map(|(number, minute)| {
            let event = event_of("test.row", &format!("{number} of {minute}"));
            AuditEvent { at: NOW.plus_millis(minute * 60_000), ..event }
        })).await;
        let expected = ["5 of 9", "4 of 9", "10 of 5", "9 of 4", "8 of 4", "7 of 3", "6 of 3", "3 of 1", "2 of 1",
            "1 of 0", "0 of 0"];
        for look in 1..=12 {
            let (mut before, mut targets, mut searches) = (None, Vec::new(), 0);
            loop {
                let found = store.search_audit_back(&everything(), before, Bounds { look, take: 100 }).await.unwrap();
                assert!(found.rows.len() <= usize::try_from(look).unwrap());
                targets.extend(found.rows.into_iter().map(|row| row.event.target));
                searches += 1;
                let Some(place) = found.stopped_at else { break };
                before = Some(place.seq);
            }
            assert_eq!(targets, expected, "{look} at a time");
            assert_eq!(searches, 11_usize.div_ceil(usize::try_from(look).unwrap()));
            let (mut after, mut numbers) = (0, Vec::new());
            loop {
                let bounds = Bounds { look, take: 100 };
                let found = store.search_audit_forth(&everything(), (after, 10), bounds).await.unwrap();
                numbers.extend(found.rows.into_iter().map(|row| row.seq));
                let Some(place) = found.stopped_at else { break };
                after = place.seq;
            }
            assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8, 9], "{look} at a time");
        }
        let day = Matching { at_least: NOW.plus_millis(60_000), at_most: NOW.plus_millis(4 * 60_000), ..everything() };
        let found = store.search_audit_back(&day, None, Bounds { look: 6, take: 100 }).await.unwrap();
        assert_eq!(found.rows.len(), 6, "only what is within the time counts");
        assert_eq!(found.stopped_at, None);
    }

    every_statement_of_a_search_walks_an_index(database, store) {
        database.run(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
             INSERT INTO audit (seq, prev_hash, hash, at, actor, address, user_agent, action, target, reason,
                                before_state, after_state, aws_request_id, result)
             SELECT i, '', '', i, 'a', '', '', 'test.filler', 'number ' || i, '', '', '', '', '' FROM n",
        ).await;
        database.run("ANALYZE").await;
        let matching = Matching { text: "x".to_owned(), actor: "a".to_owned(), ..of("mira", "*/*/a* */*/b*") };
        for matching in [everything(), matching] {
            for plan in store.plans_of_audit_searches(&matching).await {
                let walks = plan.contains("SEARCH audit USING") || plan.contains("Index");
                let reads_all = plan.contains("SCAN") || plan.contains("Seq Scan") || plan.contains("TEMP B-TREE");
                assert!(walks && !reads_all, "{plan}");
            }
        }
    }
}
