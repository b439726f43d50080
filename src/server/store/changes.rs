//! The journal: one durable row per change. The columns are what SQL asks for; the change itself is the `body`,
//! written in the same statement, so the two cannot differ.

use sqlx::FromRow;

use super::{
    Leased, Store, StoreError, Tx,
    database::{execute, fetch},
    leases::LEASE_MS,
    next_rev,
};
use crate::model::{
    change::Change,
    proof::Proof,
    stream::{StreamArn, StreamKey},
    timestamp::Timestamp,
};

/// How many moved changes are told at a time.
pub const AT_A_TIME: usize = 500;
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
    StreamBusy(Box<Change>),
}

/// A stretch of a listing, newest first.
#[derive(Debug, Clone, Copy)]
pub struct Stretch {
    pub skip: i64,
    pub take: i64,
}

#[derive(FromRow)]
struct ChangeRow {
    rev: i64,
    body: String,
}

#[derive(FromRow)]
struct FormRow {
    rev: i64,
    body: String,
    form_hash: String,
}

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

fn changes_of(rows: &[ChangeRow]) -> Result<Vec<Change>, StoreError> {
    rows.iter().map(|row| change_of(row.rev, &row.body)).collect()
}

impl Store {
    /// # Errors
    /// When the database or the row cannot be read.
    pub async fn change(&self, id: &str) -> Result<Option<Change>, StoreError> {
        let row = fetch!(optional as ChangeRow, &self.reader, "SELECT rev, body FROM changes WHERE id = $1", id)?;
        row.map(|row| change_of(row.rev, &row.body)).transpose()
    }

    /// All changes, newest first.
    ///
    /// # Errors
    /// When the database or a row cannot be read.
    pub async fn changes(&self, stretch: Stretch) -> Result<Vec<Change>, StoreError> {
        changes_of(&fetch!(
            all as ChangeRow,
            &self.reader,
            "SELECT rev, body FROM changes ORDER BY requested_at DESC, id LIMIT $1 OFFSET $2",
            stretch.take,
            stretch.skip,
        )?)
    }

    /// The changes of one stream, newest first, at most 50.
    ///
    /// # Errors
    /// When the database or a row cannot be read.
    pub async fn changes_of_stream(&self, key: &StreamKey) -> Result<Vec<Change>, StoreError> {
        // The partition is the only part of an ARN that a key leaves open.
        let [standard, china, government] = ["aws", "aws-cn", "aws-us-gov"]
            .map(|partition| format!("arn:{partition}:kinesis:{}:{}:stream/{}", key.region, key.account, key.name));
        changes_of(&fetch!(
            all as ChangeRow,
            &self.reader,
            "SELECT rev, body FROM changes WHERE arn IN ($1, $2, $3) ORDER BY requested_at DESC, id LIMIT 50",
            standard,
            china,
            government,
        )?)
    }

    /// The changes that were sent for one stream since a time.
    ///
    /// # Errors
    /// When the database or a row cannot be read.
    pub async fn changes_sent_since(&self, arn: &StreamArn, since: Timestamp) -> Result<Vec<Change>, StoreError> {
        changes_of(&fetch!(
            all as ChangeRow,
            &self.reader,
            "SELECT rev, body FROM changes WHERE arn = $1 AND sent_at >= $2 ORDER BY sent_at",
            arn.to_string(),
            since.as_millis(),
        )?)
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

    /// The newest change of each stream that was sent, where it ended at or after `since`.
    ///
    /// # Errors
    /// When the database or a row cannot be read.
    pub async fn newest_changes_ended_since(&self, since: Timestamp) -> Result<Vec<Change>, StoreError> {
        let rows = fetch!(
            all as ChangeRow,
            &self.reader,
            "SELECT c.rev, c.body FROM changes c
             WHERE c.ended_at >= $1 AND c.sent_at IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM changes n WHERE n.arn = c.arn AND n.sent_at > c.sent_at)",
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
        let active = fetch!(optional as ChangeRow, tx.on(), "SELECT rev, body FROM changes WHERE arn = $1 AND ended_at IS NULL", &arn)?;
        if let Some(row) = active {
            return Ok(Inserted::StreamBusy(Box::new(change_of(row.rev, &row.body)?)));
        }
        tx.note_journal(change);
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

/// Writes a moved change that this instance works on, giving it its place in the order. An ended row is never written
/// again, and one that has passed to another instance not by the former.
///
/// # Errors
/// [`StoreError::NotHeld`] for such a row; else when the database cannot be written.
pub async fn update(tx: &mut Tx, held: &mut Leased) -> Result<(), StoreError> {
    let Leased { change, fence } = held;
    tx.note_journal(change);
    change.rev = next_rev(tx).await?;
    let updated = execute!(
        tx.on(),
        "UPDATE changes SET rev = $1, sent_at = $2, ended_at = $3, body = $4 WHERE id = $5 AND fence = $6 AND ended_at IS NULL",
        change.rev,
        change.sent_at.map(Timestamp::as_millis),
        change.end.as_ref().map(|end| end.at.as_millis()),
        serde_json::to_string(change)?,
        &change.id,
        *fence,
    )?;
    held_if(updated)
}

/// Ends a change that was not sent, whoever works on it. A row that was sent or has ended meanwhile stays as it is.
///
/// # Errors
/// [`StoreError::NotHeld`] for such a row; else when the database cannot be written.
pub async fn end_unsent(tx: &mut Tx, change: &mut Change) -> Result<(), StoreError> {
    change.rev = next_rev(tx).await?;
    let updated = execute!(
        tx.on(),
        "UPDATE changes SET rev = $1, ended_at = $2, body = $3 WHERE id = $4 AND sent_at IS NULL AND ended_at IS NULL",
        change.rev,
        change.end.as_ref().map(|end| end.at.as_millis()),
        serde_json::to_string(change)?,
        &change.id,
    )?;
    held_if(updated)
}

/// Writes what was learned of a change after its end (that it was reverted), giving it its place in the order. Of several
/// instances that learn the same, the first writes it.
///
/// # Errors
/// [`StoreError::NotHeld`] when the row has moved since `change` was read; else when the database cannot be written.
pub async fn update_ended(tx: &mut Tx, change: &mut Change) -> Result<(), StoreError> {
    let read_at = std::mem::replace(&mut change.rev, next_rev(tx).await?);
    let updated = execute!(
        tx.on(),
        "UPDATE changes SET rev = $1, body = $2 WHERE id = $3 AND rev = $4 AND ended_at IS NOT NULL",
        change.rev,
        serde_json::to_string(change)?,
        &change.id,
        read_at,
    )?;
    held_if(updated)
}

const fn held_if(updated: u64) -> Result<(), StoreError> {
    if updated == 1 { Ok(()) } else { Err(StoreError::NotHeld) }
}
