//! What ages goes: sessions that are over, drafts that nobody fetched, failed sign-ins, streams that AWS stopped
//! listing. Changes and the audit chain are evidence and stay.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::{
    model::time::{DAY_MS, Timestamp},
    server::adapters::{
        clock::Clock,
        store::{Store, StoreError, drafts, inventory, sessions, sign_in_failures},
    },
};

/// How often.
const EVERY: Duration = Duration::from_secs(60 * 60);
/// A session is over eight hours after its sign-in; its row stays, because who has signed in from a network lately is
/// not kept waiting there by what strangers do elsewhere.
const SESSIONS_STAY_MS: i64 = 30 * DAY_MS;

/// Prunes now and then, until the token ends it.
pub async fn run(store: Store, clock: Arc<dyn Clock>, stop: CancellationToken) {
    loop {
        match prune(&store, clock.now()).await {
            Ok(rows) => tracing::debug!(rows, "{rows} rows that were too old are gone"),
            Err(error) => {
                tracing::warn!(%error, "what is too old could not be removed; tried again in an hour: {error}")
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = clock.sleep(EVERY) => {}
        }
    }
}

/// Removes what is too old, and says how many rows it was.
///
/// # Errors
/// When the database cannot be written: then all of it is still there.
pub async fn prune(store: &Store, now: Timestamp) -> Result<u64, StoreError> {
    let mut tx = store.write().await?;
    let rows = sessions::prune(&mut tx, now.plus_millis(-SESSIONS_STAY_MS)).await?
        + drafts::prune(&mut tx, now).await?
        + sign_in_failures::prune(&mut tx, now).await?
        + inventory::prune(&mut tx, now).await?;
    tx.commit().await?;
    Ok(rows)
}
