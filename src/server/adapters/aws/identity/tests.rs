//! When credentials are loaded, kept, renewed and given up.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

fn key(number: usize) -> Credentials {
    Credentials::new(format!("AKIA{number}"), "secret", None, None, "test")
}

/// Credentials numbered by load, which take a while to load.
fn numbered(takes: Duration) -> (Identity, Arc<AtomicUsize>) {
    let loads = Arc::new(AtomicUsize::new(0));
    let counted = loads.clone();
    let load = move || {
        let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
        async move {
            clock::sleep(takes).await;
            Ok(key(number))
        }
        .boxed()
    };
    (Identity::new("profile payments".to_owned(), None, load), loads)
}

fn forget_when(identity: &Identity) {
    identity.state().tried_at = Some(SystemClock.steady().saturating_sub(LOADS_APART));
    if identity.state().tried_at == Some(Duration::ZERO) {
        identity.state().tried_at = None;
    }
}

#[tokio::test]
async fn whoever_gives_up_waiting_leaves_the_loading_to_the_next() {
    let (identity, loads) = numbered(Duration::from_millis(300));
    let slow = identity.ready(Duration::from_millis(50)).await.unwrap_err();
    assert_eq!(slow.to_string(), "the credentials of profile payments have not come within 0.05 s");
    assert_eq!(identity.waits_for().as_deref(), Some("the credentials of profile payments"));
    identity.ready(LOAD_LIMIT).await.unwrap();
    assert_eq!((identity.waits_for(), loads.load(Ordering::SeqCst)), (None, 1), "it was not begun again");
}

#[tokio::test]
async fn refused_credentials_are_loaded_anew_and_not_at_every_call() {
    let (identity, loads) = numbered(Duration::ZERO);
    assert_eq!(identity.get().await.unwrap().access_key_id(), "AKIA1");
    identity.refused();
    assert_eq!(identity.get().await.unwrap().access_key_id(), "AKIA1", "within 10 s of the last load");
    forget_when(&identity);
    for _ in 0..5 {
        assert_eq!(identity.get().await.unwrap().access_key_id(), "AKIA2");
        identity.refused();
    }
    assert_eq!(loads.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn credentials_that_nobody_refused_outlive_a_failed_renewal() {
    let loads = Arc::new(AtomicUsize::new(0));
    let counted = loads.clone();
    let load = move || {
        let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
        std::future::ready(if number == 1 { Ok(key(number)) } else { Err(CredentialsError::not_loaded("no file")) })
            .boxed()
    };
    let identity = Identity::new("profile payments".to_owned(), None, load);
    identity.ready(LOAD_LIMIT).await.unwrap();
    // As if it had expired.
    let expired = Credentials::new("AKIA1", "secret", None, Some(std::time::UNIX_EPOCH), "test");
    identity.state().credentials = Some(expired);
    forget_when(&identity);
    assert_eq!(identity.get().await.unwrap().access_key_id(), "AKIA1");
    assert_eq!(loads.load(Ordering::SeqCst), 2);
    identity.refused();
    forget_when(&identity);
    let failure = identity.get().await.unwrap_err();
    assert_eq!(failure.to_string(), "the credentials of profile payments could not be loaded");
}

#[tokio::test]
async fn a_panic_while_loading_is_a_failure_that_passes() {
    let identity = Identity::new("profile payments".to_owned(), None, || {
        async {
            assert!(key(1).expiry().is_some(), "in a test");
            Ok(key(1))
        }
        .boxed()
    });
    assert!(matches!(identity.ready(LOAD_LIMIT).await, Err(NoCredentials::Panicked { .. })));
    assert_eq!(identity.waits_for(), None);
}
