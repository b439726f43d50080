//! Whether the server can do its work: write to the database. AWS outages don't count.

use std::time::Duration;

use tokio::sync::Mutex;

use crate::server::adapters::{
    clock::{Clock, SystemClock, timeout},
    store::Store,
};

/// A database slower than this isn't ready.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a result is valid.
const CHECKED_EVERY: Duration = Duration::from_secs(1);

/// The result of the last check. However often it is requested, the database is queried at most once a second.
#[derive(Debug)]
pub struct ReadinessCheck {
    store: Store,
    last: Mutex<Option<(Duration, Readiness)>>,
}

/// Whether the database can be written.
#[derive(Debug, Clone, Copy)]
pub enum Readiness {
    Ready,
    NotWritable,
    Silent,
}

impl ReadinessCheck {
    pub fn new(store: Store) -> Self {
        Self { store, last: Mutex::default() }
    }

    /// Returns the last result, or a new one if that is more than a second old.
    pub async fn check(&self) -> Readiness {
        let mut last = self.last.lock().await;
        let now = SystemClock.steady();
        if let Some((at, found)) = *last
            && now.saturating_sub(at) < CHECKED_EVERY
        {
            return found;
        }
        let found = match timeout(CHECK_TIMEOUT, self.store.check_writable()).await {
            Ok(Ok(())) => Readiness::Ready,
            Ok(Err(error)) => {
                tracing::warn!(%error, "not ready: {error}");
                Readiness::NotWritable
            }
            Err(_) => Readiness::Silent,
        };
        *last = Some((SystemClock.steady(), found));
        found
    }
}
