//! The journal: one durable row per change. The columns are what SQL asks for; the change itself is the `body`,
//! written in the same statement, so the two cannot differ.

use sqlx::{Row, sqlite::SqliteRow};

use super::{Store, StoreError, Tx, next_rev};
use crate::model::{
    change::Change,
    stream::{StreamArn, StreamKey},
    timestamp::Timestamp,
};

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
    Recorded,
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

fn change_of(row: &SqliteRow) -> Result<Change, StoreError> {
    let mut change: Change = serde_json::from_str(row.try_get("body")?)?;
    change.rev = row.try_get("rev")?;
    Ok(change)
}

impl Store {
    /// # Errors
    /// When the database or the row cannot be read.
    pub async fn change(&self, id: &str) -> Result<Option<Change>, StoreError> {
        let row = sqlx::query("SELECT rev, body FROM changes WHERE id = $1").bind(id).fetch_optional(&self.reader).await?;
        row.as_ref().map(change_of).transpose()
    }

    /// All changes, newest first.
    ///
    /// # Errors
    /// When the database or a row cannot be read.
    pub async fn changes(&self, stretch: Stretch) -> Result<Vec<Change>, StoreError> {
        let rows = sqlx::query("SELECT rev, body FROM changes ORDER BY requested_at DESC, id LIMIT $1 OFFSET $2")
            .bind(stretch.take)
            .bind(stretch.skip)
            .fetch_all(&self.reader)
            .await?;
        rows.iter().map(change_of).collect()
    }

    /// The changes of one stream, newest first, at most 50.
    ///
    /// # Errors
    /// When the database or a row cannot be read.
    pub async fn changes_of_stream(&self, key: &StreamKey) -> Result<Vec<Change>, StoreError> {
        // The partition is the only part of an ARN that a key leaves open.
        let [standard, china, government] = ["aws", "aws-cn", "aws-us-gov"]
            .map(|partition| format!("arn:{partition}:kinesis:{}:{}:stream/{}", key.region, key.account, key.name));
        let rows = sqlx::query("SELECT rev, body FROM changes WHERE arn IN ($1, $2, $3) ORDER BY requested_at DESC, id LIMIT 50")
            .bind(standard)
            .bind(china)
            .bind(government)
            .fetch_all(&self.reader)
            .await?;
        rows.iter().map(change_of).collect()
    }

    /// The changes that were sent for one stream since a time.
    ///
    /// # Errors
    /// When the database or a row cannot be read.
    pub async fn changes_sent_since(&self, arn: &StreamArn, since: Timestamp) -> Result<Vec<Change>, StoreError> {
        let rows = sqlx::query("SELECT rev, body FROM changes WHERE arn = $1 AND sent_at >= $2 ORDER BY sent_at")
            .bind(arn.to_string())
            .bind(since.as_millis())
            .fetch_all(&self.reader)
            .await?;
        rows.iter().map(change_of).collect()
    }

    /// The changes that have no end yet.
    ///
    /// # Errors
    /// When the database or a row cannot be read.
    pub async fn active_changes(&self) -> Result<Vec<Change>, StoreError> {
        let rows = sqlx::query("SELECT rev, body FROM changes WHERE ended_at IS NULL").fetch_all(&self.reader).await?;
        rows.iter().map(change_of).collect()
    }

    /// The last `most` changes that reached the wanted state, oldest first.
    ///
    /// # Errors
    /// When the database or a row cannot be read.
    pub async fn changes_reached(&self, most: usize) -> Result<Vec<Change>, StoreError> {
        // Whether a change reached its state stands in its body; most that ended after they were sent have.
        let rows =
            sqlx::query("SELECT rev, body FROM changes WHERE sent_at IS NOT NULL AND ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT $1")
                .bind(i64::try_from(most).unwrap_or(i64::MAX))
                .fetch_all(&self.reader)
                .await?;
        let mut changes: Vec<Change> = rows.iter().rev().map(change_of).collect::<Result<_, _>>()?;
        changes.retain(|change| change.reached_at.is_some());
        Ok(changes)
    }

    /// The newest change of each stream that was sent, where it ended at or after `since`.
    ///
    /// # Errors
    /// When the database or a row cannot be read.
    pub async fn newest_changes_ended_since(&self, since: Timestamp) -> Result<Vec<Change>, StoreError> {
        let rows = sqlx::query(
            "SELECT c.rev, c.body FROM changes c
             WHERE c.ended_at >= $1 AND c.sent_at IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM changes n WHERE n.arn = c.arn AND n.sent_at > c.sent_at)",
        )
        .bind(since.as_millis())
        .fetch_all(&self.reader)
        .await?;
        rows.iter().map(change_of).collect()
    }

    /// The changes that moved after `rev`, in the order of their moves, at most 500.
    ///
    /// # Errors
    /// When the database or a row cannot be read.
    pub async fn changes_after(&self, rev: i64) -> Result<Vec<Change>, StoreError> {
        let rows =
            sqlx::query("SELECT rev, body FROM changes WHERE rev > $1 ORDER BY rev LIMIT 500").bind(rev).fetch_all(&self.reader).await?;
        rows.iter().map(change_of).collect()
    }
}

/// Records a change unless its form came before or its stream has an active change. The unique indexes decide; the
/// transaction holds the write lock, so what is read first still holds at the insert.
///
/// # Errors
/// When the database cannot be read or written.
pub async fn insert(tx: &mut Tx, new: NewChange<'_>) -> Result<Inserted, StoreError> {
    let same = sqlx::query("SELECT rev, body, form_hash FROM changes WHERE user_id = $1 AND request_id = $2")
        .bind(new.user_id)
        .bind(new.request_id)
        .fetch_optional(&mut **tx)
        .await?;
    if let Some(row) = same {
        let form_hash: String = row.try_get("form_hash")?;
        let is_same = form_hash == new.form_hash;
        return Ok(if is_same { Inserted::SameRequest(Box::new(change_of(&row)?)) } else { Inserted::OtherValues });
    }
    // A rejected change would not be in the way, but the active one is what the person needs to see.
    let active = sqlx::query("SELECT rev, body FROM changes WHERE arn = $1 AND ended_at IS NULL")
        .bind(new.change.arn.to_string())
        .fetch_optional(&mut **tx)
        .await?;
    if let Some(row) = active {
        return Ok(Inserted::StreamBusy(Box::new(change_of(&row)?)));
    }
    new.change.rev = next_rev(tx).await?;
    sqlx::query(
        "INSERT INTO changes (id, rev, user_id, request_id, form_hash, arn, requested_at, sent_at, ended_at, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(&new.change.id)
    .bind(new.change.rev)
    .bind(new.user_id)
    .bind(new.request_id)
    .bind(new.form_hash)
    .bind(new.change.arn.to_string())
    .bind(new.change.requested_at.as_millis())
    .bind(new.change.sent_at.map(Timestamp::as_millis))
    .bind(new.change.end.as_ref().map(|end| end.at.as_millis()))
    .bind(serde_json::to_string(new.change)?)
    .execute(&mut **tx)
    .await?;
    Ok(Inserted::Recorded)
}

/// Writes a moved change, giving it its place in the order. An ended row is never written again.
///
/// # Errors
/// [`StoreError::Ended`] when it ended meanwhile; else when the database cannot be written.
pub async fn update(tx: &mut Tx, change: &mut Change) -> Result<(), StoreError> {
    change.rev = next_rev(tx).await?;
    let updated = sqlx::query("UPDATE changes SET rev = $1, sent_at = $2, ended_at = $3, body = $4 WHERE id = $5 AND ended_at IS NULL")
        .bind(change.rev)
        .bind(change.sent_at.map(Timestamp::as_millis))
        .bind(change.end.as_ref().map(|end| end.at.as_millis()))
        .bind(serde_json::to_string(change)?)
        .bind(&change.id)
        .execute(&mut **tx)
        .await?;
    if updated.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Ended) }
}

/// Ends a change that was not sent. A row that was sent or has ended meanwhile stays as it is.
///
/// # Errors
/// [`StoreError::Ended`] for such a row; else when the database cannot be written.
pub async fn end_unsent(tx: &mut Tx, change: &mut Change) -> Result<(), StoreError> {
    change.rev = next_rev(tx).await?;
    let updated =
        sqlx::query("UPDATE changes SET rev = $1, ended_at = $2, body = $3 WHERE id = $4 AND sent_at IS NULL AND ended_at IS NULL")
            .bind(change.rev)
            .bind(change.end.as_ref().map(|end| end.at.as_millis()))
            .bind(serde_json::to_string(change)?)
            .bind(&change.id)
            .execute(&mut **tx)
            .await?;
    if updated.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Ended) }
}

/// Writes what was learned of a change after its end (that it was reverted), giving it its place in the order.
///
/// # Errors
/// When the database cannot be written, or the change has not ended.
pub async fn update_ended(tx: &mut Tx, change: &mut Change) -> Result<(), StoreError> {
    change.rev = next_rev(tx).await?;
    let updated = sqlx::query("UPDATE changes SET rev = $1, body = $2 WHERE id = $3 AND ended_at IS NOT NULL")
        .bind(change.rev)
        .bind(serde_json::to_string(change)?)
        .bind(&change.id)
        .execute(&mut **tx)
        .await?;
    if updated.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Database(sqlx::Error::RowNotFound)) }
}
