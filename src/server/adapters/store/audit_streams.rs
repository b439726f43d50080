//! The table of streams of the audit chain: how far each came, and which instance streams it.

use super::{
    Store, StoreError, audit,
    database::{execute, fetch, from_row},
};
use crate::model::{access::chain_place::ChainPlace, time::SECOND_MS};

/// How long a lease on a stream holds without being renewed: longer than a delivery takes that began just before the
/// next renewal.
pub const STREAM_LEASE_MS: i64 = 30 * SECOND_MS;

/// A stream leased to this instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeasedStream {
    /// The last row that arrived.
    pub at: ChainPlace,
    /// Whether this instance had the lease before, so that nobody else has streamed meanwhile.
    pub is_renewed: bool,
}

struct StreamRow {
    last_seq: i64,
    last_hash: String,
    owner: String,
    lease_until: i64,
}
from_row!(StreamRow { last_seq, last_hash, owner, lease_until });

impl StreamRow {
    fn at(self) -> ChainPlace {
        ChainPlace { seq: self.last_seq, hash: self.last_hash }
    }
}

impl Store {
    /// Takes the lease on a stream, or renews it. Returns `None` while another instance has it.
    ///
    /// # Errors
    /// When the database cannot be written; then nothing was taken.
    pub async fn lease_audit_stream(&self, id: &str) -> Result<Option<LeasedStream>, StoreError> {
        let mut tx = self.write().await?;
        let now = tx.database_time().await?;
        let row = fetch!(
            optional as StreamRow,
            tx.on(),
            "SELECT last_seq, last_hash, owner, lease_until FROM audit_streams WHERE id = $1",
            id
        )?;
        if let Some(row) = &row
            && !self.may_take(&mut tx, &row.owner, row.lease_until, now).await?
        {
            tx.rollback().await?;
            return Ok(None);
        }
        execute!(
            tx.on(),
            "INSERT INTO audit_streams (id, last_seq, last_hash, owner, lease_until) VALUES ($1, 0, '', $2, $3)
             ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, lease_until = excluded.lease_until",
            id,
            self.instance(),
            now.plus_millis(STREAM_LEASE_MS).as_millis(),
        )?;
        tx.commit().await?;
        let is_renewed = row.as_ref().is_some_and(|row| row.owner == self.instance());
        Ok(Some(LeasedStream { at: row.map(StreamRow::at).unwrap_or_default(), is_renewed }))
    }

    /// Records the last row that arrived, and renews the lease. Returns whether this instance still had it; otherwise
    /// nothing was recorded.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn record_streamed(&self, id: &str, at: &ChainPlace) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let until = tx.database_time().await?.plus_millis(STREAM_LEASE_MS).as_millis();
        let written = execute!(
            tx.on(),
            "UPDATE audit_streams SET last_seq = $1, last_hash = $2, lease_until = $3 WHERE id = $4 AND owner = $5",
            at.seq,
            &at.hash,
            until,
            id,
            self.instance(),
        )?;
        tx.commit().await?;
        Ok(written == 1)
    }

    /// The row after which a stream goes on that came to the row `at`: that one if the chain has it, else the recorded
    /// one if the chain has that. `None` if it has neither. Asks the database that is written to, which may be ahead of
    /// the one that is read.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn streamed_in_chain(&self, id: &str, at: &ChainPlace) -> Result<Option<ChainPlace>, StoreError> {
        let mut tx = self.write().await?;
        let row = fetch!(
            optional as StreamRow,
            tx.on(),
            "SELECT last_seq, last_hash, owner, lease_until FROM audit_streams WHERE id = $1",
            id
        )?;
        let mut known = None;
        for place in [Some(at.clone()), row.map(StreamRow::at)].into_iter().flatten() {
            if known.is_none() && audit::has(&mut tx, &place).await? {
                known = Some(place);
            }
        }
        tx.rollback().await?;
        Ok(known)
    }

    /// The last row of the chain that arrived at a place; `None` if it was never streamed there.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn last_streamed(&self, id: &str) -> Result<Option<ChainPlace>, StoreError> {
        let row = fetch!(
            optional as StreamRow,
            &self.reader,
            "SELECT last_seq, last_hash, owner, lease_until FROM audit_streams WHERE id = $1",
            id
        )?;
        Ok(row.map(StreamRow::at))
    }
}
