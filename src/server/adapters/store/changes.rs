//! The journal: one durable row per change. The columns are what SQL asks for; the change itself is the `body`,
//! written in the same statement, so the two cannot differ.

use super::{
    Leased, Store, StoreError, Tx,
    database::{execute, fetch, from_row},
    leases::LEASE_MS,
    next_rev,
};
use crate::model::{
    change::{Change, proof::Proof},
    stream::{StreamArn, StreamId},
    time::Timestamp,
};

/// How many moved changes are told at a time.
pub const AT_A_TIME: usize = 500;
/// Changes of one stream that are read at a time when its journal is walked.
const LOOKED_THROUGH: i64 = 50;
/// The fence of a change that has never passed to another instance.
const FIRST_FENCE: i64 = 1;

/// A change to record, with what makes repeats of its form one change.
#[derive(Debug)]
pub struct NewChange<'a> {
    pub change: &'a mut Change,
    pub user_id: &'a str,
    pub request_id: &'a str,
    pub form_hash: &'a str,
}

/// What became of a [`NewChange`].
#[derive(Debug)]
pub enum Inserted {
    /// Its first lease has this fence.
    Recorded { fence: i64 },
    /// The same form came before: its change.
    SameRequest(Box<Change>),
    /// The same request id came before with other values.
    OtherValues,
    /// The stream has an active change: that one.
    StreamBusy { id: String },
}

/// A stretch of a listing, newest first.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    pub skip: i64,
    pub take: i64,
}

struct ChangeRow {
    rev: i64,
    body: String,
}
from_row!(ChangeRow { rev, body });

struct LatestRow {
    rev: i64,
    body: String,
    fence: i64,
}
from_row!(LatestRow { rev, body, fence });

struct FormRow {
    rev: i64,
    body: String,
    form_hash: String,
}
from_row!(FormRow { rev, body, form_hash });

fn change_of(rev: i64, body: &str) -> Result<Change, StoreError> {
    let mut change: Change = serde_json::from_str(body)?;
    change.rev = rev;
    Ok(change)
}

/// A change, unless it is one that this version cannot read: beside a newer instance that is no reason to stop.
pub(super) fn readable(rev: i64, body: &str) -> Option<Change> {
    match change_of(rev, body) {
        Ok(change) => Some(change),
        Err(error) => {
            tracing::error!(%error, rev, "a change of a newer version is left to the instances that know it: {error}");
            None
        }
    }
}

fn readable_of(rows: &[ChangeRow]) -> Vec<Change> {
    rows.iter().filter_map(|row| readable(row.rev, &row.body)).collect()
}

impl Store {
    /// # Errors
    /// When the database or the row cannot be read.
    pub async fn change(&self, id: &str) -> Result<Option<Change>, StoreError> {
        let row = fetch!(optional as ChangeRow, &self.reader, "SELECT rev, body FROM changes WHERE id = $1", id)?;
        row.map(|row| change_of(row.rev, &row.body)).transpose()
    }

    /// All changes, newest first; but those that only a newer version can read.
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

    /// The changes of one stream, newest first, at most 50; but those that only a newer version can read.
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

    /// The newest change of a stream that AWS may have acted on: what the stream is now may be its doing.
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
                "SELECT rev, body FROM changes WHERE arn = $1 AND sent_at IS NOT NULL ORDER BY sent_at DESC, id LIMIT $2 OFFSET $3",
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

    /// The changes that were sent for one stream since a time; but those that only a newer version can read.
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

    /// The changes of all streams that were sent since a time; but those that only a newer version can read.
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

    /// The changes that have no end yet; but those that only a newer version can read.
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
        // Whether a change reached its state stands in its body; most that ended after they were sent have.
        let mut rows = fetch!(
            all as ChangeRow,
            &self.reader,
            "SELECT rev, body FROM changes WHERE sent_at IS NOT NULL AND ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT $1",
            i64::try_from(most).unwrap_or(i64::MAX),
        )?;
        rows.reverse();
        let mut changes = readable_of(&rows);
        changes.retain(|change| change.reached_at.is_some());
        Ok(changes)
    }

    /// The changes that were sent and ended at or after `since`, the one sent last first; but those that only a newer
    /// version can read.
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

    /// The changes of which a proof was asked for that has no result; but those that only a newer version can read.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn changes_with_a_proof_asked(&self) -> Result<Vec<Change>, StoreError> {
        // Asked for once after a start; a false find is dropped below.
        let rows = fetch!(
            all as ChangeRow,
            &self.reader,
            "SELECT rev, body FROM changes WHERE ended_at IS NOT NULL AND body LIKE '%\"result\":null%'"
        )?;
        let mut changes = readable_of(&rows);
        changes.retain(|change| change.proof.as_ref().is_some_and(Proof::is_asked));
        Ok(changes)
    }

    /// The changes that moved after `rev`, in the order of their moves, at most [`AT_A_TIME`]; but those that only a newer
    /// version can read.
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

    /// Records a change, leased to this instance, unless its form came before or its stream has an active change. The
    /// unique indexes decide; the transaction holds the write lock, so what is read first still holds at the insert.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn insert_change(&self, tx: &mut Tx, new: NewChange<'_>) -> Result<Inserted, StoreError> {
        let NewChange { change, user_id, request_id, form_hash } = new;
        let same = fetch!(
            optional as FormRow,
            tx.on(),
            "SELECT rev, body, form_hash FROM changes WHERE user_id = $1 AND request_id = $2",
            user_id,
            request_id,
        )?;
        if let Some(row) = same {
            let is_same = row.form_hash == form_hash;
            return Ok(if is_same { Inserted::SameRequest(Box::new(change_of(row.rev, &row.body)?)) } else { Inserted::OtherValues });
        }
        let arn = change.arn.to_string();
        // A rejected change would not be in the way, but the active one is what the person needs to see.
        let active = fetch!(optional as (String,), tx.on(), "SELECT id FROM changes WHERE arn = $1 AND ended_at IS NULL", &arn)?;
        if let Some((id,)) = active {
            return Ok(Inserted::StreamBusy { id });
        }
        tx.record_journal(change);
        change.rev = next_rev(tx).await?;
        let lease_until = tx.database_time().await?.plus_millis(LEASE_MS);
        execute!(
            tx.on(),
            "INSERT INTO changes (id, rev, user_id, request_id, form_hash, arn, requested_at, sent_at, ended_at, body,
                                  owner, lease_until, fence)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            &change.id,
            change.rev,
            user_id,
            request_id,
            form_hash,
            &arn,
            change.requested_at.as_millis(),
            change.sent_at.map(Timestamp::as_millis),
            change.end.as_ref().map(|end| end.at.as_millis()),
            serde_json::to_string(change)?,
            self.instance(),
            lease_until.as_millis(),
            FIRST_FENCE,
        )?;
        Ok(Inserted::Recorded { fence: FIRST_FENCE })
    }
}

/// A change as the journal has it, with the fence of its lease. The transaction holds the write lock: what is read here is
/// what [`write`] moves.
///
/// # Errors
/// [`StoreError::NotHeld`] when there is none; else when the database cannot be read.
pub async fn latest(tx: &mut Tx, id: &str) -> Result<Leased, StoreError> {
    let row = fetch!(optional as LatestRow, tx.on(), "SELECT rev, body, fence FROM changes WHERE id = $1", id)?;
    let row = row.ok_or(StoreError::NotHeld)?;
    Ok(Leased { change: change_of(row.rev, &row.body)?, fence: row.fence })
}

/// The same, if it has no end yet and its lease still has this fence: another instance has not taken it over.
///
/// # Errors
/// [`StoreError::NotHeld`] for any other; else when the database cannot be read.
pub async fn held(tx: &mut Tx, id: &str, fence: i64) -> Result<Change, StoreError> {
    let latest = latest(tx, id).await?;
    if latest.fence == fence && latest.change.is_active() { Ok(latest.change) } else { Err(StoreError::NotHeld) }
}

/// Writes a change that was read in the same transaction, giving it its place in the order.
///
/// # Errors
/// When the database cannot be written.
pub async fn write(tx: &mut Tx, change: &mut Change) -> Result<(), StoreError> {
    tx.record_journal(change);
    change.rev = next_rev(tx).await?;
    execute!(
        tx.on(),
        "UPDATE changes SET rev = $1, sent_at = $2, ended_at = $3, body = $4 WHERE id = $5",
        change.rev,
        change.sent_at.map(Timestamp::as_millis),
        change.end.as_ref().map(|end| end.at.as_millis()),
        serde_json::to_string(change)?,
        &change.id,
    )?;
    Ok(())
}
