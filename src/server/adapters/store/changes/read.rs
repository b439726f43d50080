//! Reads of the journal.

use std::collections::HashMap;

use super::rows::{ChangeRow, change_of, readable_of};
use crate::{
    model::{
        change::{Change, proof::Proof},
        stream::{StreamArn, StreamId},
        time::Timestamp,
    },
    server::adapters::store::{Store, StoreError, database::fetch},
};

/// How many moved changes are returned at a time.
pub const AT_A_TIME: usize = 500;

/// How many changes of a stream are read at a time when its journal is walked.
const LOOKED_THROUGH: i64 = 50;

/// A page of a listing, newest first.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    pub skip: i64,
    pub take: i64,
}

impl Store {
    /// # Errors
    /// When the database or the row cannot be read.
    pub async fn change(&self, id: &str) -> Result<Option<Change>, StoreError> {
        let row = fetch!(optional as ChangeRow, &self.reader, "SELECT rev, body FROM changes WHERE id = $1", id)?;
        row.map(|row| change_of(row.rev, &row.body)).transpose()
    }

    /// All changes, newest first, except those that only a newer version can read.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn changes(&self, stretch: Page) -> Result<Vec<Change>, StoreError> {
        let rows = fetch!(
            all as ChangeRow,
            &self.reader,
            "SELECT rev, body FROM changes ORDER BY requested_at DESC, id LIMIT $1 OFFSET $2",
            stretch.take,
            stretch.skip,
        )?;
        Ok(readable_of(&rows))
    }

    /// The changes of one stream, newest first, at most 50, except those that only a newer version can read.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn changes_of_stream(&self, id: &StreamId) -> Result<Vec<Change>, StoreError> {
        let rows = fetch!(
            all as ChangeRow,
            &self.reader,
            "SELECT rev, body FROM changes WHERE arn = $1 ORDER BY requested_at DESC, id LIMIT 50",
            id.arn().to_string(),
        )?;
        Ok(readable_of(&rows))
    }

    /// The newest change of a stream that AWS may have acted on, and that may explain the stream's present state.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn newest_acting_change(&self, id: &StreamId) -> Result<Option<Change>, StoreError> {
        let arn = id.arn().to_string();
        let mut skip = 0;
        loop {
            let rows = fetch!(
                all as ChangeRow,
                &self.reader,
                "SELECT rev, body FROM changes WHERE arn = $1 AND sent_at IS NOT NULL ORDER BY sent_at DESC, id LIMIT \
                $2 OFFSET $3",
                &arn,
                LOOKED_THROUGH,
                skip,
            )?;
            let is_last = i64::try_from(rows.len()).unwrap_or(i64::MAX) < LOOKED_THROUGH;
            let acting = readable_of(&rows).into_iter().find(Change::may_have_acted);
            if is_last || acting.is_some() {
                return Ok(acting);
            }
            skip += LOOKED_THROUGH;
        }
    }

    /// The changes that were sent for one stream since a time, except those that only a newer version can read.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn changes_sent_since(&self, arn: &StreamArn, since: Timestamp) -> Result<Vec<Change>, StoreError> {
        let rows = fetch!(
            all as ChangeRow,
            &self.reader,
            "SELECT rev, body FROM changes WHERE arn = $1 AND sent_at >= $2 ORDER BY sent_at",
            arn.to_string(),
            since.as_millis(),
        )?;
        Ok(readable_of(&rows))
    }

    /// The changes of all streams that were sent since a time, except those that only a newer version can read.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn all_changes_sent_since(&self, since: Timestamp) -> Result<Vec<Change>, StoreError> {
        let rows = fetch!(
            all as ChangeRow,
            &self.reader,
            "SELECT rev, body FROM changes WHERE sent_at >= $1 ORDER BY sent_at",
            since.as_millis()
        )?;
        Ok(readable_of(&rows))
    }

    /// The changes that have no end yet, except those that only a newer version can read.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn active_changes(&self) -> Result<Vec<Change>, StoreError> {
        let rows = fetch!(all as ChangeRow, &self.reader, "SELECT rev, body FROM changes WHERE ended_at IS NULL")?;
        Ok(readable_of(&rows))
    }

    /// The last `most` changes that reached the wanted state, oldest first.
    ///
    /// # Errors
    /// When the database or a row cannot be read.
    pub async fn changes_reached(&self, most: usize) -> Result<Vec<Change>, StoreError> {
        // Only the body says whether a change reached its state; most that ended after they were sent did.
        let mut rows = fetch!(
            all as ChangeRow,
            &self.reader,
            "SELECT rev, body FROM changes WHERE sent_at IS NOT NULL AND ended_at IS NOT NULL ORDER BY ended_at DESC \
            LIMIT $1",
            i64::try_from(most).unwrap_or(i64::MAX),
        )?;
        rows.reverse();
        let mut changes = readable_of(&rows);
        changes.retain(|change| change.evidence.reached_at.is_some());
        Ok(changes)
    }

    /// The changes that were sent and ended at or after `since`, the one sent last first, except those that only a
    /// newer version can read.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn changes_ended_since(&self, since: Timestamp) -> Result<Vec<Change>, StoreError> {
        let rows = fetch!(
            all as ChangeRow,
            &self.reader,
            "SELECT rev, body FROM changes WHERE ended_at >= $1 AND sent_at IS NOT NULL ORDER BY sent_at DESC, id",
            since.as_millis(),
        )?;
        Ok(readable_of(&rows))
    }

    /// Of the changes that ended at or after `since`, the newest of each stream that AWS may have acted on.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn newest_ended_since(&self, since: Timestamp) -> Result<HashMap<StreamId, Change>, StoreError> {
        let mut newest = HashMap::new();
        for change in self.changes_ended_since(since).await?.into_iter().filter(Change::may_have_acted) {
            newest.entry(change.stream_id()).or_insert(change);
        }
        Ok(newest)
    }

    /// The changes with a requested proof that has no result, except those that only a newer version can read.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn changes_with_a_proof_asked(&self) -> Result<Vec<Change>, StoreError> {
        // Queried once after a start; false matches are dropped below.
        let rows = fetch!(
            all as ChangeRow,
            &self.reader,
            "SELECT rev, body FROM changes WHERE ended_at IS NOT NULL AND body LIKE '%\"result\":null%'"
        )?;
        let mut changes = readable_of(&rows);
        changes.retain(|change| change.evidence.proof.as_ref().is_some_and(Proof::is_asked));
        Ok(changes)
    }

    /// The changes that moved after `rev`, in the order of their moves, at most [`AT_A_TIME`], except those that only a
    /// newer version can read.
    ///
    /// # Errors
    /// When the database or a row cannot be read.
    pub async fn changes_after(&self, rev: i64) -> Result<Vec<Change>, StoreError> {
        let rows = fetch!(
            all as ChangeRow,
            &self.reader,
            "SELECT rev, body FROM changes WHERE rev > $1 ORDER BY rev LIMIT $2",
            rev,
            i64::try_from(AT_A_TIME).unwrap_or(i64::MAX),
        )?;
        Ok(readable_of(&rows))
    }
}
