//! The table of the audit chain. Rows are only appended and read.

use super::{
    Store, StoreError, Tx,
    database::{execute, fetch, from_row},
};
use crate::model::{
    access::{
        audit_action::AuditAction,
        audit_event::{AuditEvent, AuditRow},
        chain_place::ChainPlace,
    },
    time::Timestamp,
};

pub(super) struct Row {
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
from_row!(Row {
    seq,
    prev_hash,
    hash,
    at,
    actor,
    address,
    user_agent,
    action,
    target,
    reason,
    before_state,
    after_state,
    aws_request_id,
    result
});

impl From<Row> for AuditRow {
    fn from(row: Row) -> Self {
        let event = AuditEvent {
            at: Timestamp::from_millis(row.at),
            actor: row.actor,
            address: row.address,
            user_agent: row.user_agent,
            action: row.action.into(),
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

/// A text as a `LIKE` pattern that matches nothing else.
pub(super) fn literally(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

impl Store {
    /// The last row of an action.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn last_audit_row_of(&self, action: AuditAction) -> Result<Option<AuditRow>, StoreError> {
        let row = fetch!(
            optional as Row,
            &self.reader,
            "SELECT * FROM audit WHERE action = $1 ORDER BY seq DESC LIMIT 1",
            action.name()
        )?;
        Ok(row.map(AuditRow::from))
    }

    /// The number and the hash of the last row; `None` while there is none.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn audit_head(&self) -> Result<Option<(i64, String)>, StoreError> {
        fetch!(optional as (i64, String), &self.reader, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
    }

    /// At most `take` rows of the chain from `seq` on, in order.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn audit_rows(&self, from_seq: i64, take: i64) -> Result<Vec<AuditRow>, StoreError> {
        let rows = fetch!(
            all as Row,
            &self.reader,
            "SELECT * FROM audit WHERE seq >= $1 ORDER BY seq LIMIT $2",
            from_seq,
            take
        )?;
        Ok(rows.into_iter().map(AuditRow::from).collect())
    }
}

/// The last row of the chain, as this transaction sees it.
pub(in crate::server) async fn last(tx: &mut Tx) -> Result<Option<AuditRow>, StoreError> {
    let row = fetch!(optional as Row, tx.on(), "SELECT * FROM audit ORDER BY seq DESC LIMIT 1")?;
    Ok(row.map(AuditRow::from))
}

/// Whether the chain has the row at a place.
pub(super) async fn has(tx: &mut Tx, place: &ChainPlace) -> Result<bool, StoreError> {
    let found = fetch!(
        optional as (i64,),
        tx.on(),
        "SELECT seq FROM audit WHERE seq = $1 AND hash = $2",
        place.seq,
        &place.hash
    )?;
    Ok(found.is_some())
}

/// Whether the chain has a row of one of these actions and this target after a row.
pub(in crate::server) async fn has_any_after(
    tx: &mut Tx,
    after: i64,
    target: &str,
    actions: [AuditAction; 6],
) -> Result<bool, StoreError> {
    let [a, b, c, d, e, f] = actions.map(AuditAction::name);
    let found = fetch!(
        optional as (i64,),
        tx.on(),
        "SELECT seq FROM audit WHERE seq > $1 AND target = $2 AND action IN ($3, $4, $5, $6, $7, $8)
         ORDER BY seq LIMIT 1",
        after,
        target,
        a,
        b,
        c,
        d,
        e,
        f,
    )?;
    Ok(found.is_some())
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
        event.action.name(),
        &event.target,
        &event.reason,
        &event.before,
        &event.after,
        &event.aws_request_id,
        &event.result,
    )?;
    Ok(())
}
