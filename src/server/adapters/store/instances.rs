//! The table of instances: those that run on one database, and which streams people view there.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Store, StoreError, Tx,
    commits::{CommitListener, Commits},
    database::{execute, fetch},
};
use crate::model::{
    stream::StreamName,
    time::{DAY_MS, SECOND_MS, Timestamp},
};

/// An instance that hasn't been seen for so long counts as gone.
const GONE_AFTER_MS: i64 = 30 * SECOND_MS;

/// The names of streams that people view, by their target's id.
pub type Viewed = BTreeMap<String, BTreeSet<StreamName>>;

impl Store {
    /// Tells when any instance commits something, if there can be several.
    pub fn commits(&self) -> Commits {
        self.shared.commits.as_ref().map_or_else(Commits::without_notifications, CommitListener::subscribe)
    }

    /// Records that this instance runs at `now`, by the database's clock, and what people view there. Takes no write
    /// lock: no other instance writes this row.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn record_viewed(&self, viewed: &Viewed, now: Timestamp) -> Result<(), StoreError> {
        let body = serde_json::to_string(viewed)?;
        execute!(
            &self.writer,
            "INSERT INTO instances (id, seen_at, viewed) VALUES ($1, $2, $3)
             ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, viewed = excluded.viewed",
            self.instance(),
            now.as_millis(),
            &body,
        )?;
        Ok(())
    }

    /// What people view at each of the other instances that run at `now`, by the database's clock.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn viewed_elsewhere(&self, now: Timestamp) -> Result<Vec<Viewed>, StoreError> {
        let rows = fetch!(
            all as (String,),
            &self.reader,
            "SELECT viewed FROM instances WHERE id <> $1 AND seen_at > $2",
            self.instance(),
            now.plus_millis(-GONE_AFTER_MS).as_millis(),
        )?;
        let viewed = |(body,): (String,)| {
            serde_json::from_str(&body).unwrap_or_else(|error| {
                tracing::warn!(%error, "what people view at another instance can't be read: {error}");
                Viewed::default()
            })
        };
        Ok(rows.into_iter().map(viewed).collect())
    }
}

/// Deletes the rows of instances that have been gone for a day.
///
/// # Errors
/// When the database cannot be written.
pub async fn prune(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    execute!(tx.on(), "DELETE FROM instances WHERE seen_at < $1", now.plus_millis(-DAY_MS).as_millis())
}
