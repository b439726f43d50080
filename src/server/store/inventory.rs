//! The table of streams: the inventory, written behind the memory that serves it.

use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError, Tx,
    database::{execute, fetch},
};
use crate::model::{
    inventory::{ReadProblem, Reported},
    needed_keys::KeyHistory,
    stream::{StreamKey, StreamReport, StreamStatus},
    timestamp::{DAY_MS, Timestamp},
};

/// What is known of one stream, as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredStream {
    pub key: StreamKey,
    /// Set by the transaction that writes it.
    pub rev: i64,
    /// The status as the list last gave it, where it did.
    pub listed: Option<Reported<StreamStatus>>,
    /// The last complete read.
    pub report: Option<StreamReport>,
    /// When the first read was asked for since which AWS has reported the encryption in `report` every time.
    #[serde(default)]
    pub encryption_since: Option<Timestamp>,
    /// Why there is nothing newer.
    pub problem: Option<ReadProblem>,
    pub gone_at: Option<Timestamp>,
    /// Key and value, ordered by key; `None` until they were read.
    #[serde(default)]
    pub tags: Option<Vec<(String, String)>>,
    /// The keys that its records were encrypted with, as far as reads told.
    #[serde(default, skip_serializing_if = "KeyHistory::is_empty")]
    pub keys: KeyHistory,
}

impl StoredStream {
    /// A stream of which only the name is known.
    pub fn unread(key: StreamKey) -> Self {
        Self {
            key,
            rev: 0,
            listed: None,
            report: None,
            encryption_since: None,
            problem: None,
            gone_at: None,
            tags: None,
            keys: KeyHistory::default(),
        }
    }
}

impl StoredStream {
    /// Whether AWS was asked for it after `at`, and had it. What is later than now was asked for before the clock was set back.
    pub fn was_seen_after(&self, at: Timestamp, now: Timestamp) -> bool {
        let read = self.report.as_ref().map(|report| report.asked_at);
        read.max(self.listed.as_ref().map(|listed| listed.at)).is_some_and(|seen| seen > at && seen <= now)
    }
}

impl Store {
    /// All rows, those that AWS stopped listing within the last day included.
    ///
    /// # Errors
    /// When the database or a row cannot be read.
    pub async fn streams(&self) -> Result<Vec<StoredStream>, StoreError> {
        let rows = fetch!(all as (i64, String), &self.reader, "SELECT rev, body FROM streams")?;
        rows.iter()
            .map(|(rev, body)| {
                let stream: StoredStream = serde_json::from_str(body)?;
                Ok(StoredStream { rev: *rev, ..stream })
            })
            .collect()
    }
}

/// Writes one row of the inventory.
///
/// # Errors
/// When the database cannot be written.
pub async fn upsert(tx: &mut Tx, stream: &StoredStream) -> Result<(), StoreError> {
    execute!(
        tx.on(),
        "INSERT INTO streams (account, region, name, rev, gone_at, body) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (account, region, name) DO UPDATE SET rev = excluded.rev, gone_at = excluded.gone_at, body = excluded.body",
        stream.key.account.as_str(),
        stream.key.region.as_str(),
        stream.key.name.as_str(),
        stream.rev,
        stream.gone_at.map(Timestamp::as_millis),
        serde_json::to_string(stream)?,
    )?;
    Ok(())
}

/// Forgets rows that AWS stopped listing more than a day ago.
///
/// # Errors
/// When the database cannot be written.
pub async fn prune(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    execute!(tx.on(), "DELETE FROM streams WHERE gone_at < $1", now.plus_millis(-DAY_MS).as_millis())
}
