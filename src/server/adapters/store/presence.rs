//! How instances on the same Postgres notice that another has died: each holds an advisory lock while its connection
//! lives. A process that dies loses the lock at once; one that is suspended or cut off keeps it, and its leases expire.

use std::{collections::HashMap, time::Duration};

use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgPool, postgres::PgConnectOptions};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{StoreError, postgres};
use crate::server::adapters::{
    clock::{Clock, SystemClock, sleep, timeout},
    tasks::spawn,
};

/// The class of the advisory locks that represent instances.
const CLASS: i32 = 0x6b73_6931;
/// How often the connection is checked.
const TRIED_EVERY: Duration = Duration::from_millis(500);
/// A connection that takes longer to answer has broken.
const PATIENCE: Duration = Duration::from_secs(2);
/// An instance counts as dead when it is missing twice, at least this long apart: after a restart of Postgres all are
/// missing until they have announced themselves again.
const MISSING_FOR: Duration = Duration::from_millis(1_500);

/// This instance's announcement, which ends when dropped.
#[derive(Debug)]
pub struct Presence {
    _end: DropGuard,
}

impl Presence {
    /// Announces an instance on a connection of its own, again whenever that breaks.
    pub async fn announce(options: PgConnectOptions, instance: &str) -> Result<Self, StoreError> {
        let key = key_of(instance);
        let mut connection = connect(&options, key)
            .await?
            .ok_or_else(|| StoreError::InUse(format!("the name of instance {instance}")))?;
        let end = CancellationToken::new();
        let ended = end.clone();
        let keep = async move {
            loop {
                sleep(TRIED_EVERY).await;
                if !matches!(timeout(PATIENCE, postgres::is_primary(&mut connection)).await, Ok(Ok(true))) {
                    tracing::warn!("the connection that tells other instances of this one broke; leases may move");
                    if let Ok(Ok(Some(again))) = timeout(PATIENCE, connect(&options, key)).await {
                        connection = again;
                    }
                }
            }
        };
        spawn(async move {
            tokio::select! {
                () = ended.cancelled() => {}
                () = keep => {}
            }
        });
        Ok(Self { _end: end.drop_guard() })
    }
}

/// Takes the lock; `None` while it is held: the server may keep it for a moment after a connection broke.
async fn connect(options: &PgConnectOptions, key: i32) -> Result<Option<PgConnection>, StoreError> {
    let mut connection = postgres::connect(options).await?;
    let is_held: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1, $2)")
        .bind(CLASS)
        .bind(key)
        .fetch_one(&mut connection)
        .await?;
    Ok(is_held.then_some(connection))
}

/// The missing instances, and since when by the steady clock.
#[derive(Debug, Default)]
pub struct Missing(Mutex<HashMap<String, Duration>>);

impl Missing {
    /// Notes whether an instance is there, and returns whether it counts as dead.
    fn note(&self, instance: &str, is_there: bool, now: Duration) -> bool {
        let mut missing = self.0.lock();
        if is_there {
            missing.remove(instance);
            return false;
        }
        let since = *missing.entry(instance.to_owned()).or_insert(now);
        now.saturating_sub(since) >= MISSING_FOR
    }
}

/// Whether an instance is dead, by this observation and earlier ones.
pub async fn is_dead(on: &mut PgConnection, instance: &str, missing: &Missing) -> Result<bool, StoreError> {
    let is_gone = is_gone(on, instance).await?;
    Ok(missing.note(instance, !is_gone, SystemClock.steady()))
}

/// Whether the connection of an instance is gone.
pub async fn is_gone(on: &mut PgConnection, instance: &str) -> Result<bool, StoreError> {
    // Held until this transaction ends, so that nobody else concludes the same meanwhile.
    let asked = sqlx::query_scalar("SELECT pg_try_advisory_xact_lock($1, $2)").bind(CLASS).bind(key_of(instance));
    Ok(postgres::answered(asked.fetch_one(on)).await?)
}

/// Whether any instance runs on this database.
pub async fn has_servers(pool: &PgPool) -> Result<bool, StoreError> {
    // A lock with two keys has the first one as its class.
    let held = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 \
        AND classid::bigint = $1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))";
    Ok(postgres::answered(sqlx::query_scalar(held).bind(i64::from(CLASS)).fetch_one(pool)).await?)
}

fn key_of(instance: &str) -> i32 {
    let digest = Sha256::digest(instance);
    i32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_once_is_not_dead() {
        let at = Duration::from_millis;
        let missing = Missing::default();
        assert!(!missing.note("a", false, at(0)));
        assert!(!missing.note("a", false, at(1_000)));
        assert!(!missing.note("a", true, at(1_400)), "announced again");
        assert!(!missing.note("a", false, at(1_600)), "counted anew");
        assert!(!missing.note("b", false, at(3_000)));
        assert!(missing.note("a", false, at(3_100)));
    }
}
