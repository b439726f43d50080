//! The table of the audit chain. Rows are appended and read, never changed.

use sqlx::{FromRow, Row, sqlite::SqliteRow};

use super::{Store, StoreError, Tx};
use crate::{
    model::timestamp::Timestamp,
    server::audit::{AuditEvent, AuditRow},
};

impl FromRow<'_, SqliteRow> for AuditRow {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            seq: row.try_get("seq")?,
            prev_hash: row.try_get("prev_hash")?,
            hash: row.try_get("hash")?,
            event: AuditEvent {
                at: Timestamp::from_millis(row.try_get("at")?),
                actor: row.try_get("actor")?,
                address: row.try_get("address")?,
                user_agent: row.try_get("user_agent")?,
                action: row.try_get("action")?,
                target: row.try_get("target")?,
                reason: row.try_get("reason")?,
                before: row.try_get("before_state")?,
                after: row.try_get("after_state")?,
                aws_request_id: row.try_get("aws_request_id")?,
                result: row.try_get("result")?,
            },
        })
    }
}

impl Store {
    /// Rows of the chain from `seq` on, in order, at most `take`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn audit_rows(&self, from_seq: i64, take: i64) -> Result<Vec<AuditRow>, StoreError> {
        Ok(sqlx::query_as("SELECT * FROM audit WHERE seq >= $1 ORDER BY seq LIMIT $2")
            .bind(from_seq)
            .bind(take)
            .fetch_all(&self.reader)
            .await?)
    }
}

/// The last row of the chain, as this transaction sees it.
pub(in crate::server) async fn last(tx: &mut Tx) -> Result<Option<AuditRow>, StoreError> {
    Ok(sqlx::query_as("SELECT * FROM audit ORDER BY seq DESC LIMIT 1").fetch_optional(&mut **tx).await?)
}

pub(in crate::server) async fn insert(tx: &mut Tx, row: &AuditRow) -> Result<(), StoreError> {
    let event = &row.event;
    sqlx::query(
        "INSERT INTO audit (seq, prev_hash, hash, at, actor, address, user_agent, action, target, reason,
                            before_state, after_state, aws_request_id, result)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(row.seq)
    .bind(&row.prev_hash)
    .bind(&row.hash)
    .bind(event.at.as_millis())
    .bind(&event.actor)
    .bind(&event.address)
    .bind(&event.user_agent)
    .bind(&event.action)
    .bind(&event.target)
    .bind(&event.reason)
    .bind(&event.before)
    .bind(&event.after)
    .bind(&event.aws_request_id)
    .bind(&event.result)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
