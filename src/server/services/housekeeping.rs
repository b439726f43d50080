//! Retention: hourly, deletes expired sessions, drafts and password links, old failed sign-ins, streams that AWS no
//! longer lists, instances that are gone, keys that no stream needs, and checkpoint files that are no longer written.
//!
//! Changes and the audit chain are evidence, and are kept.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::{
    model::time::{DAY_MS, Timestamp},
    server::adapters::{
        clock::Clock,
        store::{
            Store, StoreError, checkpoints, drafts, instances, inventory, key_looks, password_links, provider_logouts,
            provider_sign_ins, sessions, sign_in_failures,
        },
    },
};

/// The time between two runs.
const EVERY: Duration = Duration::from_secs(60 * 60);
/// How long the row of a session is kept.
///
/// The session itself ends after eight hours. The row records who signed in recently from a network: strangers'
/// failures don't delay those users there.
const SESSIONS_STAY_MS: i64 = 30 * DAY_MS;

/// How long a checkpoint file is remembered that nobody writes to any more. A running instance writes every hour.
const CHECKPOINT_FILES_STAY_MS: i64 = 90 * DAY_MS;

/// Prunes every hour, until `stop`.
pub async fn run(store: Store, clock: Arc<dyn Clock>, stop: CancellationToken) {
    loop {
        match prune(&store, clock.now()).await {
            Ok(rows) => tracing::debug!(rows, "{rows} expired rows were removed"),
            Err(error) => {
                tracing::warn!(%error, "expired records could not be removed; trying again in an hour: {error}");
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = clock.sleep(EVERY) => {}
        }
    }
}

/// Deletes everything past its retention. Returns the number of rows.
///
/// # Errors
/// If the database can't be written; then nothing was deleted.
pub async fn prune(store: &Store, now: Timestamp) -> Result<u64, StoreError> {
    let mut tx = store.write().await?;
    let rows = sessions::prune(&mut tx, now.plus_millis(-SESSIONS_STAY_MS)).await?
        + drafts::prune(&mut tx, now).await?
        + password_links::prune(&mut tx, now).await?
        + provider_logouts::prune(&mut tx, now).await?
        + provider_sign_ins::prune(&mut tx, now).await?
        + sign_in_failures::prune(&mut tx, now).await?
        + inventory::prune(&mut tx, now).await?
        + instances::prune(&mut tx, now).await?
        + key_looks::prune(&mut tx, now).await?
        + checkpoints::prune(&mut tx, now.plus_millis(-CHECKPOINT_FILES_STAY_MS)).await?;
    tx.commit().await?;
    Ok(rows)
}
