//! The table of streams: the inventory, written behind the in-memory one.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;

use super::{
    On, Store, StoreError, Tx,
    database::{execute, fetch},
    placeholders::placeholders,
    postgres::answered,
};
use crate::model::{
    inventory::{ReadProblem, Reported},
    keys::needed::KeyHistory,
    stream::{StreamId, StreamReport, StreamStatus},
    time::{DAY_MS, Timestamp},
};

/// What is known about a stream, as stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredStream {
    pub id: StreamId,
    /// The revision, set by the transaction that writes it.
    pub rev: i64,
    /// The status in the last listing, if it had one.
    pub listed: Option<Reported<StreamStatus>>,
    /// The last complete read.
    pub report: Option<StreamReport>,
    /// When the first of the reads was requested that have all reported the encryption in `report`.
    #[serde(default)]
    pub encryption_since: Option<Timestamp>,
    /// Why there is no newer read.
    pub problem: Option<ReadProblem>,
    pub gone_at: Option<Timestamp>,
    /// Keys and values, ordered by key; `None` until they have been read.
    #[serde(default)]
    pub tags: Option<Arc<[(String, String)]>>,
    /// The keys that its records were encrypted with, as far as reads have shown.
    #[serde(default, skip_serializing_if = "KeyHistory::is_empty")]
    pub keys: KeyHistory,
}

impl StoredStream {
    /// A stream known only by name.
    pub fn unread(id: StreamId) -> Self {
        Self {
            id,
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
    /// The same in less memory: with the texts of its report's ARN shared with its id, as AWS's answer came with texts
    /// of its own, and without room for keys to come, as most streams have one.
    #[must_use]
    pub fn compact(mut self) -> Self {
        let own = self.id.arn();
        if let Some(report) = self.report.as_mut().filter(|report| report.arn == own) {
            report.arn = own;
        }
        self.keys.uses.shrink_to_fit();
        self.keys.uses.iter_mut().for_each(|key| key.meant.shrink_to_fit());
        self
    }

    /// Whether AWS was asked about it after `at` and had it. A time in the future is from before the clock was set
    /// back.
    pub fn was_seen_after(&self, at: Timestamp, now: Timestamp) -> bool {
        let read = self.report.as_ref().map(|report| report.asked_at);
        read.max(self.listed.as_ref().map(|listed| listed.at)).is_some_and(|seen| seen > at && seen <= now)
    }
}

/// The stored inventory.
#[derive(Debug, Default)]
pub struct StoredStreams {
    pub streams: Vec<StoredStream>,
    /// Rows that this version can't read, because a newer one wrote them.
    pub unreadable: HashSet<StreamId>,
}

/// Rows that other instances wrote.
#[derive(Debug, Default)]
pub struct StreamsElsewhere {
    /// In the order of their revisions.
    pub stored: StoredStreams,
    /// The last revision among them, if there may be more after it.
    pub goes_on_after: Option<i64>,
}

/// A row: the columns that identify it, its revision, and its body.
type Row = (String, String, String, i64, String);

impl StoredStreams {
    fn of(rows: Vec<Row>) -> Self {
        let mut stored = Self::default();
        for (account, region, name, rev, body) in rows {
            match serde_json::from_str::<StoredStream>(&body) {
                Ok(stream) => stored.streams.push(StoredStream { rev, ..stream }),
                Err(error) => {
                    tracing::error!(%error, account, region, name, "a stream as a newer version keeps it is left to \
                        that: {error}");
                    stored.unreadable.extend(StreamId::parse(&account, &region, &name));
                }
            }
        }
        stored
    }
}

impl Store {
    /// All rows that this version can read, those that AWS stopped listing within the last day included.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn streams(&self) -> Result<Vec<StoredStream>, StoreError> {
        Ok(self.streams_and_unreadable().await?.streams)
    }

    /// The same, and which rows this version can't read: that is no reason to stop beside a newer instance.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn streams_and_unreadable(&self) -> Result<StoredStreams, StoreError> {
        let rows = fetch!(all as Row, &self.reader, "SELECT account, region, name, rev, body FROM streams")?;
        Ok(StoredStreams::of(rows))
    }

    /// The rows that other instances wrote after `rev`, at most `AT_A_TIME`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn streams_elsewhere_after(&self, rev: i64) -> Result<StreamsElsewhere, StoreError> {
        let rows = fetch!(
            all as Row,
            &self.reader,
            "SELECT account, region, name, rev, body FROM streams WHERE writer <> '' AND rev > $1 AND writer <> $2
             ORDER BY rev LIMIT $3",
            rev,
            self.instance(),
            AT_A_TIME,
        )?;
        let is_full = i64::try_from(rows.len()).is_ok_and(|rows| rows >= AT_A_TIME);
        let goes_on_after = rows.last().map(|(_, _, _, rev, _)| *rev).filter(|_| is_full);
        Ok(StreamsElsewhere { stored: StoredStreams::of(rows), goes_on_after })
    }

    /// Writes at most [`MOST_ROWS`] rows of the inventory, each with its [`body`], in one statement: others wait for
    /// the write lock only for one round trip. Returns the revisions of the rows that were written.
    ///
    /// A row stays as it is if another instance wrote it after the revision `seen`, up to which this instance has taken
    /// over what others wrote: an instance that was suspended and wakes late overwrites nothing newer.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn write_streams(
        &self,
        tx: &mut Tx,
        rows: &[(&StoredStream, String)],
        seen: i64,
    ) -> Result<BTreeSet<i64>, StoreError> {
        let writer = if self.is_shared() { self.instance() } else { "" };
        upsert_all(tx, rows, writer, seen).await
    }
}

/// A row's body, to be serialized before the write lock is taken: the revision has a column of its own.
///
/// # Errors
/// When it can't be written as JSON.
pub fn body(stream: &StoredStream) -> Result<String, StoreError> {
    Ok(serde_json::to_string(stream)?)
}

/// Columns of a row that differ from row to row.
const COLUMNS: usize = 6;
/// The most rows of one statement. SQLite takes 32,766 values, Postgres 65,535.
pub const MOST_ROWS: usize = 2_000;
/// How many rows of other instances are returned at a time.
const AT_A_TIME: i64 = 500;

async fn upsert_all(
    tx: &mut Tx,
    rows: &[(&StoredStream, String)],
    writer: &str,
    seen: i64,
) -> Result<BTreeSet<i64>, StoreError> {
    if rows.is_empty() {
        return Ok(BTreeSet::new());
    }
    let by = rows.len() * COLUMNS + 1;
    let statement = format!(
        "INSERT INTO streams (account, region, name, rev, gone_at, body, writer) VALUES {}
         ON CONFLICT (account, region, name)
         DO UPDATE SET rev = excluded.rev, gone_at = excluded.gone_at, body = excluded.body, writer = excluded.writer
         WHERE streams.rev <= ${} OR streams.writer = excluded.writer
         RETURNING rev",
        placeholders(rows.len(), COLUMNS, &format!(", ${by}")),
        by + 1,
    );
    // Not prepared: there would be a statement for each number of rows.
    macro_rules! run {
        ($on:expr) => {{
            let mut query = sqlx::query_as::<_, (i64,)>(AssertSqlSafe(statement)).persistent(false);
            for (stream, body) in rows {
                query = query
                    .bind(stream.id.account.as_str())
                    .bind(stream.id.region.as_str())
                    .bind(stream.id.name.as_str())
                    .bind(stream.rev)
                    .bind(stream.gone_at.map(Timestamp::as_millis))
                    .bind(body.as_str());
            }
            query.bind(writer).bind(seen).fetch_all($on).await
        }};
    }
    let written = match tx.on() {
        On::Sqlite(on) => run!(on),
        On::Postgres(on) => answered(async { run!(on) }).await,
    }?;
    Ok(written.into_iter().map(|(rev,)| rev).collect())
}

/// Writes one row of the inventory.
///
/// # Errors
/// When the database cannot be written.
#[cfg(test)]
pub async fn upsert(tx: &mut Tx, stream: &StoredStream) -> Result<(), StoreError> {
    upsert_all(tx, &[(stream, body(stream)?)], "", i64::MAX).await.map(drop)
}

/// Deletes the rows of streams that AWS stopped listing more than a day ago.
///
/// # Errors
/// When the database cannot be written.
pub async fn prune(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    execute!(tx.on(), "DELETE FROM streams WHERE gone_at < $1", now.plus_millis(-DAY_MS).as_millis())
}
