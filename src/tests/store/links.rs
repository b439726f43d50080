//! One-time links for passwords, and what counts together of failed sign-ins.

use super::{NOW, add_user};
use crate::{
    model::{
        access::sign_in_delay::ACCOUNT,
        time::{DAY_MS, MINUTE_MS, Timestamp},
    },
    server::adapters::store::{LinkEnd, Opener, PasswordLink, Store, password_links, sign_in_failures},
    tests::database::{Kind, TestDatabase},
};

fn link(token_hash: &str) -> PasswordLink {
    PasswordLink {
        token_hash: token_hash.to_owned(),
        user_id: "anna".to_owned(),
        made_by: "admin".to_owned(),
        made_at: NOW,
        expires_at: NOW.plus_millis(DAY_MS),
        ended: None,
    }
}

async fn made(store: &Store, token_hash: &str) {
    let mut tx = store.write().await.unwrap();
    password_links::insert(&mut tx, &link(token_hash)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn used(store: &Store, token_hash: &str, at: Timestamp) -> bool {
    let mut tx = store.write().await.unwrap();
    let is_used = password_links::use_up(&mut tx, token_hash, at).await.unwrap();
    tx.commit().await.unwrap();
    is_used
}

on_both! {
    a_link_is_used_once_and_before_it_expires(database, store) {
        add_user(&store, "anna").await;
        made(&store, "first").await;
        assert_eq!(store.password_link("first").await.unwrap(), Some(link("first")));
        assert_eq!(store.open_password_link("anna", NOW).await.unwrap(), Some(link("first")));
        assert_eq!(store.open_password_link("anna", NOW.plus_millis(DAY_MS)).await.unwrap(), None);
        let mut tx = store.write().await.unwrap();
        assert!(password_links::insert(&mut tx, &link("second")).await.unwrap_err().is_unique_violation());
        tx.rollback().await.unwrap();

        assert!(!used(&store, "first", NOW.plus_millis(DAY_MS)).await, "it has expired by then");
        assert!(!used(&store, "other", NOW).await);
        assert!(used(&store, "first", NOW.plus_millis(DAY_MS - 1)).await);
        assert!(!used(&store, "first", NOW).await);
        assert_eq!(store.password_link("first").await.unwrap().unwrap().ended, Some(LinkEnd::Used));
        made(&store, "second").await;
        let mut tx = store.write().await.unwrap();
        assert!(password_links::revoke_of(&mut tx, "anna", NOW).await.unwrap());
        assert!(!password_links::revoke_of(&mut tx, "anna", NOW).await.unwrap(), "there is none left");
        tx.commit().await.unwrap();
        assert_eq!(store.password_link("second").await.unwrap().unwrap().ended, Some(LinkEnd::Revoked));
        assert_eq!(store.password_link("first").await.unwrap().unwrap().ended, Some(LinkEnd::Used));
    }

    attempts_on_a_link_are_noted_once_a_minute_and_links_are_kept_for_a_month(database, store) {
        add_user(&store, "anna").await;
        made(&store, "first").await;
        let mut tx = store.write().await.unwrap();
        for (later, is_noted) in [(0, true), (MINUTE_MS - 1, false), (MINUTE_MS, true), (-DAY_MS, true)] {
            let noted = password_links::note_refusal(&mut tx, "first", NOW.plus_millis(later)).await.unwrap();
            assert_eq!(noted, is_noted, "{later}");
        }
        assert!(!password_links::note_refusal(&mut tx, "other", NOW).await.unwrap());
        for (later, pruned) in [(31 * DAY_MS, 0), (31 * DAY_MS + 1, 1)] {
            assert_eq!(password_links::prune(&mut tx, NOW.plus_millis(later)).await.unwrap(), pruned);
        }
        tx.commit().await.unwrap();
        assert_eq!(store.password_link("first").await.unwrap(), None);
    }

    failures_of_an_account_are_forgotten_in_every_network_and_no_others(database, store) {
        let subjects = ["account a", "account a from 192.0.2.0/24", "account ab", "account b", "network account a"];
        let mut tx = store.write().await.unwrap();
        for subject in subjects {
            sign_in_failures::count(&mut tx, subject, ACCOUNT, NOW).await.unwrap();
        }
        assert_eq!(sign_in_failures::forget_all(&mut tx, "account a").await.unwrap(), 2);
        tx.commit().await.unwrap();
        for (subject, is_left) in subjects.into_iter().zip([false, false, true, true, true]) {
            assert_eq!(store.sign_in_wait(subject).await.unwrap().is_some(), is_left, "{subject}");
        }
    }

    the_longest_wait_of_an_account_is_that_of_any_of_its_networks_and_no_others(database, store) {
        let mut tx = store.write().await.unwrap();
        for (subject, times) in [("account a", 5), ("account a from 192.0.2.0/24", 7), ("account ab", 9)] {
            for _ in 0..times {
                sign_in_failures::count(&mut tx, subject, ACCOUNT, NOW).await.unwrap();
            }
        }
        tx.commit().await.unwrap();
        for (subject, failures) in [("account a", Some(7)), ("account ab", Some(9)), ("account b", None)] {
            let until = failures.map(|failures| NOW.plus_millis(ACCOUNT.wait_ms(failures)));
            assert_eq!(store.longest_sign_in_wait(subject).await.unwrap(), until, "{subject}");
        }
    }
}
