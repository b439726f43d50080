//! The table of the audit chain. Rows are appended and read, never changed.

use sqlx::FromRow;

use super::{
    Store, StoreError, Tx,
    database::{execute, fetch},
};
use crate::{
    model::timestamp::Timestamp,
    server::audit::{AuditEvent, AuditRow},
};

#[derive(FromRow)]
struct Row {
    seq: i64,
    prev_hash: String,
    hash: String,
    at: i64,
    actor: String,
    address: String,
    user_agent: String,
    action: String,
    target: String,
    reason: String,
    before_state: String,
    after_state: String,
    aws_request_id: String,
    result: String,
}

impl From<Row> for AuditRow {
    fn from(row: Row) -> Self {
        let event = AuditEvent {
            at: Timestamp::from_millis(row.at),
            actor: row.actor,
            address: row.address,
            user_agent: row.user_agent,
            action: row.action,
            target: row.target,
            reason: row.reason,
            before: row.before_state,
            after: row.after_state,
            aws_request_id: row.aws_request_id,
            result: row.result,
        };
        Self { seq: row.seq, prev_hash: row.prev_hash, hash: row.hash, event }
    }
}

impl Store {
    /// Rows of the chain from `seq` on, in order, at most `take`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn audit_rows(&self, from_seq: i64, take: i64) -> Result<Vec<AuditRow>, StoreError> {
        let rows = fetch!(all as Row, &self.reader, "SELECT * FROM audit WHERE seq >= $1 ORDER BY seq LIMIT $2", from_seq, take)?;
        Ok(rows.into_iter().map(AuditRow::from).collect())
    }
}

/// The last row of the chain, as this transaction sees it.
pub(in crate::server) async fn last(tx: &mut Tx) -> Result<Option<AuditRow>, StoreError> {
    let row = fetch!(optional as Row, tx.on(), "SELECT * FROM audit ORDER BY seq DESC LIMIT 1")?;
    Ok(row.map(AuditRow::from))
}

pub(in crate::server) async fn insert(tx: &mut Tx, row: &AuditRow) -> Result<(), StoreError> {
    let event = &row.event;
    execute!(
        tx.on(),
        "INSERT INTO audit (seq, prev_hash, hash, at, actor, address, user_agent, action, target, reason,
                            before_state, after_state, aws_request_id, result)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        row.seq,
        &row.prev_hash,
        &row.hash,
        event.at.as_millis(),
        &event.actor,
        &event.address,
        &event.user_agent,
        &event.action,
        &event.target,
        &event.reason,
        &event.before,
        &event.after,
        &event.aws_request_id,
        &event.result,
    )?;
    Ok(())
}
