//! The conformance suite of the store: each promise of `server/store`, on SQLite and on Postgres.

use std::sync::Arc;

use super::database::{Kind, TestDatabase};
use crate::{
    model::{
        access::{credentials::UserName, identity::Role},
        change::{
            Action, Change, End, Ending, Intent, Slow, Step,
            refusal::{Refusal, RefusalKind},
        },
        stream::{StreamArn, StreamId, encryption::EncryptionReport},
        time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp},
    },
    server::{
        adapters::store::{
            Inserted, Leased, NewChange, Opener, Page, SignInRecord, Store, StoreError, StoredStream, Tx, User,
            changes, drafts, inventory, leases::LEASE_MS, next_rev, sessions, users,
        },
        config::without_password,
        services::audit::{self, AuditAction, AuditEvent, Verified},
    },
};

const NOW: Timestamp = Timestamp::from_millis(1_780_000_000_000);

/// Runs a test of the suite on both databases.
macro_rules! on_both {
    ($($(#[$attribute:meta])* $name:ident($database:ident, $store:ident) $body:block)*) => {
        $(
            mod $name {
                use super::*;

                async fn check(kind: Kind) {
                    let $database = TestDatabase::new(kind).await;
                    let $store = Store::open(&$database.url, Opener::Server).await.unwrap();
                    $body
                }

                $(#[$attribute])*
                #[tokio::test]
                async fn on_sqlite() {
                    check(Kind::Sqlite).await;
                }

                $(#[$attribute])*
                #[tokio::test]
                async fn on_postgres() {
                    check(Kind::Postgres).await;
                }
            }
        )*
    };
}

fn user(id: &str, role: Role) -> User {
    User { id: id.to_owned(), ..User::new(&UserName::parse(id).unwrap(), role, Some("phc".to_owned())) }
}

async fn add_user(store: &Store, id: &str) {
    let mut tx = store.write().await.unwrap();
    users::insert(&mut tx, &user(id, Role::Operator), &UserName::parse(id).unwrap(), NOW).await.unwrap();
    tx.commit().await.unwrap();
}

fn sign_in_record(id_hash: &str, user_id: &str) -> SignInRecord {
    SignInRecord {
        id_hash: id_hash.to_owned(),
        user_id: user_id.to_owned(),
        at: NOW,
        signed_in_at: NOW,
        sudo_until: NOW.plus_millis(MINUTE_MS),
        address: "203.0.113.9".to_owned(),
        user_agent: "a browser".to_owned(),
        is_break_glass: false,
    }
}

async fn sign_in(store: &Store, user_id: &str, id_hash: &str) {
    let mut tx = store.write().await.unwrap();
    let record = sign_in_record(id_hash, user_id);
    sessions::insert(&mut tx, &record).await.unwrap();
    tx.commit().await.unwrap();
}

fn change(id: &str, stream: &str) -> Change {
    let arn: StreamArn = format!("arn:aws:kinesis:eu-west-1:111122223333:stream/{stream}").parse().unwrap();
    let intent = Intent {
        action: Action::Disable,
        arn,
        stream_created: NOW,
        key: None,
        resolved: None,
        from: Some(EncryptionReport::Encrypted(None)),
        from_key: None,
        quota_reason: None,
        requested_at: NOW,
        armed_until: None,
        retention_hours: 24,
        actor: "operator".to_owned(),
        reason: "OPS-1 \u{1f512} \u{201c}quoted\u{201d}".to_owned(),
    };
    Change::requested(id.to_owned(), intent)
}

/// Records a change under a request id of its own.
async fn record(store: &Store, mut change: Change) -> Leased {
    let mut tx = store.write().await.unwrap();
    let request_id = format!("request-{}", change.id);
    let new = NewChange { change: &mut change, user_id: "u", request_id: &request_id, form_hash: "h" };
    let Inserted::Recorded { fence } = store.insert_change(&mut tx, new).await.unwrap() else { panic!("not recorded") };
    tx.commit().await.unwrap();
    Leased { change, fence }
}

async fn apply(store: &Store, leased: &mut Leased, steps: impl IntoIterator<Item = Step>) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    let mut moved = changes::held(&mut tx, &leased.change.id, leased.fence).await?;
    steps.into_iter().for_each(|step| moved.apply(step));
    changes::write(&mut tx, &mut moved).await?;
    tx.commit().await?;
    leased.change = moved;
    Ok(())
}

fn sent(minutes: i64) -> Step {
    Step::Sent { at: NOW.plus_millis(minutes * MINUTE_MS), key: "alias/orders".parse().unwrap(), sent_as: None }
}

fn ended(minutes: i64, how: End) -> Step {
    Step::Ended(Ending { at: NOW.plus_millis(minutes * MINUTE_MS), how })
}

fn ids(changes: &[Change]) -> Vec<&str> {
    changes.iter().map(|change| change.id.as_str()).collect()
}

fn event_of(action: &str, target: &str) -> AuditEvent {
    AuditEvent { action: action.into(), ..AuditEvent::by_server(NOW, AuditAction::ServerStarted, target) }
}

async fn append(tx: &mut Tx, action: &str) {
    audit::append(tx, event_of(action, "t")).await.unwrap();
}

on_both! {
    opening_again_keeps_everything(database, store) {
        add_user(&store, "anna").await;
        drop(store);
        let store = Store::open(&database.url, Opener::Command).await.unwrap();
        assert_eq!(store.users().await.unwrap().len(), 1);
        assert!(store.has_users().await.unwrap() && !store.has_demo_users().await.unwrap());
    }

    a_newer_schema_is_refused_in_one_sentence(database, store) {
        let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) SELECT \
            9000, 'of tomorrow', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1";
        database.run(newer).await;
        drop(store);
        for opener in [Opener::Server, Opener::Command] {
            let error = Store::open(&database.url, opener).await.unwrap_err().to_string();
            assert!(error.starts_with("the database has schema 9000, and this Keystream knows schemas up to \
                ") && !error.contains('\n'), "{error}");
        }
    }

    users_are_found_by_name_in_any_case_and_names_are_unique(database, store) {
        add_user(&store, "anna").await;
        let mut tx = store.write().await.unwrap();
        let again = users::insert(&mut tx, &user("other", Role::Viewer), &UserName::parse("Anna").unwrap(), NOW).await;
        assert!(again.unwrap_err().is_unique_violation());
        tx.rollback().await.unwrap();
        let found = store.user_by_name(&UserName::parse("ANNA").unwrap()).await.unwrap().unwrap();
        assert_eq!((found.id.as_str(), found.role, found.disabled_at), ("anna", Role::Operator, None));
        assert!(store.user_by_name(&UserName::parse("berta").unwrap()).await.unwrap().is_none());
    }

    whoever_is_disabled_or_gets_a_password_loses_all_sessions(database, store) {
        for id in ["anna", "berta"] {
            add_user(&store, id).await;
            sign_in(&store, id, &format!("{id}-1")).await;
            sign_in(&store, id, &format!("{id}-2")).await;
        }
        let mut tx = store.write().await.unwrap();
        users::disable(&mut tx, "anna", NOW).await.unwrap();
        users::set_password(&mut tx, "berta", "new", NOW).await.unwrap();
        tx.commit().await.unwrap();
        for hash in ["anna-1", "anna-2", "berta-1", "berta-2"] {
            assert!(store.session(hash).await.unwrap().is_none(), "{hash}");
        }
        let users = store.users().await.unwrap();
        assert_eq!(users[0].disabled_at, Some(NOW));
        assert_eq!(users[1].password_hash.as_deref(), Some("new"));
    }

    a_session_never_comes_back(database, store) {
        add_user(&store, "anna").await;
        sign_in(&store, "anna", "hash").await;
        store.touch_session("hash", NOW.plus_millis(1_000)).await.unwrap();
        store.touch_session("hash", NOW).await.unwrap();
        assert_eq!(store.session("hash").await.unwrap().unwrap().last_human_at, NOW.plus_millis(1_000), "only forward");
        store.revoke_session("hash", NOW).await.unwrap();
        store.touch_session("hash", NOW.plus_millis(2_000)).await.unwrap();
        store.touch_session("unknown", NOW).await.unwrap();
        assert!(store.session("hash").await.unwrap().is_none());
        assert!(store.session("unknown").await.unwrap().is_none());
        let mut tx = store.write().await.unwrap();
        let again = sign_in_record("hash", "anna");
        assert!(sessions::insert(&mut tx, &again).await.unwrap_err().is_unique_violation());
    }

    what_ages_is_pruned(database, store) {
        add_user(&store, "anna").await;
        sign_in(&store, "anna", "hash").await;
        store.keep_draft("d", "anna", "{}", NOW).await.unwrap();
        let key = StreamId::parse("111122223333", "eu-west-1", "s").unwrap();
        let gone = StoredStream { rev: 1, gone_at: Some(NOW), ..StoredStream::unread(key) };
        let mut tx = store.write().await.unwrap();
        inventory::upsert(&mut tx, &gone).await.unwrap();
        tx.commit().await.unwrap();
        for (later, pruned) in [(HOUR_MS / 4, 0), (DAY_MS + 1, 1)] {
            let mut tx = store.write().await.unwrap();
            let at = NOW.plus_millis(later);
            assert_eq!(sessions::prune(&mut tx, at.plus_millis(-DAY_MS)).await.unwrap(), pruned);
            assert_eq!(drafts::prune(&mut tx, at).await.unwrap(), pruned);
            assert_eq!(inventory::prune(&mut tx, at).await.unwrap(), pruned);
            tx.commit().await.unwrap();
        }
        assert!(store.streams().await.unwrap().is_empty());
    }

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

    the_inventory_comes_back_as_it_was_written(database, store) {
        let key = StreamId::parse("111122223333", "eu-west-1", "s").unwrap();
        let mut stream = StoredStream { tags: Some(vec![("team".to_owned(), "payments".to_owned())]), ..StoredStream::unread(key) };
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
        let mut revs: Vec<i64> = futures_util::future::join_all(writers).await.into_iter().map(Result::unwrap).collect();
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

    a_form_is_one_change_and_a_stream_has_one_active_change(database, store) {
        let mut first = record(&store, change("c1", "s")).await;
        let insert = |id: &'static str, stream: &'static str, user: &'static str, request: &'static str, hash: &'static str| {
            let store = store.clone();
            async move {
                let mut new = change(id, stream);
                let mut tx = store.write().await.unwrap();
                let new = NewChange { change: &mut new, user_id: user, request_id: request, form_hash: hash };
                let inserted = store.insert_change(&mut tx, new).await.unwrap();
                tx.commit().await.unwrap();
                inserted
            }
        };
        assert!(matches!(insert("c2", "s", "u", "request-c1", "h").await, Inserted::SameRequest(same) if same.id == "c1"));
        assert!(matches!(insert("c2", "s", "u", "request-c1", "other").await, Inserted::OtherValues));
        assert!(matches!(insert("c2", "s", "v", "request-c1", "h").await, Inserted::StreamBusy { id } if id == "c1"));
        apply(&store, &mut first, [ended(1, End::Expired)]).await.unwrap();
        assert!(matches!(insert("c2", "s", "u", "request-c1", "h").await, Inserted::SameRequest(same) if !same.is_active()));
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
        assert_eq!(ids(&store.changes_sent_since(&of_a[0].intent.arn, NOW.plus_millis(MINUTE_MS)).await.unwrap()), ["c1", "c3"]);
        assert_eq!(ids(&store.changes_sent_since(&of_a[0].intent.arn, NOW.plus_millis(MINUTE_MS + 1)).await.unwrap()), ["c3"]);
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
            apply(&store, &mut refused, [sent(100 + number), ended(101 + number, End::Rejected(refusal))]).await.unwrap();
        }
        let newest = store.newest_acting_change(&of_a[0].stream_id()).await.unwrap();
        assert_eq!(newest.map(|change| change.id).as_deref(), Some("c3"), "however many were refused since");
    }

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

    a_change_of_a_newer_version_stops_nothing(database, store) {
        let theirs = record(&store, change("c1", "s")).await;
        let ours = record(&store, change("c2", "t")).await;
        database.run("UPDATE changes SET body = '{\"action\": \"of tomorrow\"}' WHERE id = 'c1'").await;
        let taken: Vec<String> = store.take_over(|_| false).await.unwrap().into_iter().map(|leased| leased.change.id).collect();
        assert_eq!(taken, ["c2"], "what cannot be read is left alone");
        assert_eq!(ids(&store.active_changes().await.unwrap()), ["c2"]);
        assert_eq!(ids(&store.changes_after(theirs.change.rev - 1).await.unwrap()), ["c2"]);
        assert_eq!(ids(&store.changes(Page { skip: 0, take: 10 }).await.unwrap()), ["c2"], "the list is there");
        assert_eq!(ids(&store.changes_of_stream(&theirs.change.stream_id()).await.unwrap()), [""; 0]);
        assert!(store.changes_sent_since(&theirs.change.intent.arn, NOW).await.unwrap().is_empty());
        let mut other = change("c3", "s");
        let mut tx = store.write().await.unwrap();
        let new = NewChange { change: &mut other, user_id: "v", request_id: "request-c3", form_hash: "h" };
        assert!(matches!(store.insert_change(&mut tx, new).await.unwrap(), Inserted::StreamBusy { id } if id == "c1"), "it is active");
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
    super::support::until(|| async { second.take_over(|id| id == "c1").await.unwrap().pop() }).await;
}

#[tokio::test]
async fn a_password_in_the_address_is_not_repeated() {
    for url in ["mysql://user:secret@host/db", "postgres://user:secret@host:port/db", "mysql://h/d?password=secret"] {
        let error = Store::open(url, Opener::Command).await.unwrap_err().to_string();
        assert!(
            error.starts_with("KEYSTREAM_DATABASE_URL takes sqlite://FILE or postgres://") && !error.contains("secret"),
            "{error}"
        );
    }
    for url in [
        "postgres://user:?secret/@host/db",
        "postgres://user:@secret@host",
        "postgres://host/db?user=u&password=secret&x=1",
    ] {
        let shown = without_password(url);
        assert!(!shown.contains("secret") && shown.contains("***") && shown.contains("host"), "{shown}");
    }
    assert_eq!(without_password("sqlite://keystream.db"), "sqlite://keystream.db");
}

#[tokio::test]
async fn what_a_url_of_sqlite_may_hold_names_one_file() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/my%20db.db?mode=rwc", directory.path().display());
    let store = Store::open(&url, Opener::Server).await.unwrap();
    store.check_writable().await.unwrap();
    let plain = format!("sqlite://{}/my%20db.db", directory.path().display());
    assert!(matches!(Store::open(&plain, Opener::Server).await, Err(StoreError::InUse(_))), "one file has one lock");
    assert!(directory.path().join("my db.db").exists());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_in_one_line() {
    let error =
        anyhow::Error::from(Store::open("postgres://user:secret@127.0.0.1:1/db", Opener::Server).await.unwrap_err());
    let line = format!("{error:#}");
    assert!(
        line.contains("onnection refused") && line.matches("refused").count() == 1 && !line.contains("secret"),
        "{line}"
    );
}
