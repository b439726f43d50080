//! Users and their sessions.

use super::{NOW, SignInRecord, add_user, sign_in, sign_in_record, user};
use crate::{
    model::{
        access::{credentials::UserName, identity::Role},
        stream::StreamId,
        time::{DAY_MS, HOUR_MS},
    },
    server::adapters::store::{Opener, Store, StoredStream, drafts, inventory, sessions, users},
    tests::database::{Kind, TestDatabase},
};

on_both! {
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

    the_idlest_sessions_beyond_a_number_end(database, store) {
        for id in ["anna", "berta"] {
            add_user(&store, id).await;
        }
        for (hash, idle_ms) in [("new", 3_000), ("a", 1_000), ("b", 3_000), ("c", 2_000), ("d", 0)] {
            sign_in(&store, "anna", hash).await;
            store.touch_session(hash, NOW.plus_millis(idle_ms)).await.unwrap();
        }
        sign_in(&store, "berta", "berta-1").await;
        sign_in(&store, "anna", "ended").await;
        store.revoke_session("ended", NOW).await.unwrap();
        let mut tx = store.write().await.unwrap();
        let long_ago = NOW.plus_millis(-HOUR_MS);
        let past = SignInRecord { at: long_ago, signed_in_at: long_ago, ..sign_in_record("past", "anna") };
        sessions::insert(&mut tx, &past).await.unwrap();
        let now = NOW.plus_millis(4_000);
        assert_eq!(sessions::revoke_idlest(&mut tx, "anna", "new", 4, now).await.unwrap(), 0, "four others live");
        assert_eq!(sessions::revoke_idlest(&mut tx, "anna", "new", 2, now).await.unwrap(), 2);
        assert_eq!(sessions::revoke_idlest(&mut tx, "anna", "new", 2, now).await.unwrap(), 0, "two are left");
        tx.commit().await.unwrap();
        for (hash, lives) in [("new", true), ("a", false), ("b", true), ("c", true), ("d", false), ("berta-1", true)] {
            assert_eq!(store.session(hash).await.unwrap().is_some(), lives, "{hash}");
        }
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
}
