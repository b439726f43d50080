//! The table of readers: which instance reads a target in the background, under a lease, and what it found.
//!
//! An instance has another id after every start, so the id is the fence as well: one that was suspended while its lease
//! passed on records nothing. Rows of streams have a fence of their own, see [`Store::write_streams`].

use std::collections::BTreeSet;

use super::{
    On, Store, StoreError,
    database::{execute, fetch, from_row},
    next_rev,
};
use crate::model::{
    inventory::TargetFindings,
    time::{SECOND_MS, Timestamp},
};

/// How long a lease on a target holds without being renewed.
pub const READER_LEASE_MS: i64 = 30 * SECOND_MS;

/// What the reader of a target found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFindings {
    /// The target's id.
    pub target: String,
    pub findings: TargetFindings,
}

struct ReaderRow {
    id: String,
    owner: String,
    lease_until: i64,
}
from_row!(ReaderRow { id, owner, lease_until });

impl Store {
    /// Renews the leases of this instance. Returns the ids of its targets.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn renew_target_leases(&self) -> Result<Vec<String>, StoreError> {
        let mut tx = self.write().await?;
        let until = tx.database_time().await?.plus_millis(READER_LEASE_MS).as_millis();
        let kept = fetch!(
            all as (String,),
            tx.on(),
            "UPDATE target_readers SET lease_until = $1 WHERE owner = $2 RETURNING id",
            until,
            self.instance(),
        )?;
        tx.commit().await?;
        Ok(kept.into_iter().map(|(id,)| id).collect())
    }

    /// Whether nobody seems to read one of these targets at `now`, by the database's clock. Takes no write lock, so
    /// that it can be asked often.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn has_free_target(&self, targets: &[&str], now: Timestamp) -> Result<bool, StoreError> {
        let mut rows =
            fetch!(all as ReaderRow, &self.reader, "SELECT id, owner, lease_until FROM target_readers ORDER BY id")?;
        rows.retain(|row| targets.contains(&row.id.as_str()));
        let is_over = |row: &ReaderRow| row.owner == self.instance() || row.lease_until < now.as_millis();
        if rows.len() < targets.len() || rows.iter().any(is_over) {
            return Ok(true);
        }
        let On::Postgres(pool) = &self.reader else { return Ok(false) };
        let owners: BTreeSet<&str> = rows.iter().map(|row| row.owner.as_str()).collect();
        let mut connection = pool.acquire().await?;
        for owner in owners {
            if self.may_take_by(On::Postgres(&mut *connection), owner, i64::MAX, now).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes those of these targets that nobody reads: nobody has yet, or whoever did is gone, silent or stopping.
    /// Returns their ids.
    ///
    /// # Errors
    /// When the database cannot be written; then nothing was taken.
    pub async fn take_targets(&self, targets: &[&str]) -> Result<Vec<String>, StoreError> {
        let mut tx = self.write().await?;
        let now = tx.database_time().await?;
        let rows = fetch!(all as ReaderRow, tx.on(), "SELECT id, owner, lease_until FROM target_readers")?;
        let mut taken = Vec::new();
        for target in targets {
            let row = rows.iter().find(|row| row.id == **target);
            if let Some(row) = row
                && !self.may_take(&mut tx, &row.owner, row.lease_until, now).await?
            {
                continue;
            }
            execute!(
                tx.on(),
                "INSERT INTO target_readers (id, owner, lease_until, rev, findings) VALUES ($1, $2, $3, 0, '')
                 ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, lease_until = excluded.lease_until",
                *target,
                self.instance(),
                now.plus_millis(READER_LEASE_MS).as_millis(),
            )?;
            taken.push((*target).to_owned());
        }
        tx.commit().await?;
        Ok(taken)
    }

    /// Ends the lease of this instance on one target, so that another one can take it. Without a lease, does nothing.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn leave_target(&self, target: &str) -> Result<(), StoreError> {
        execute!(
            &self.writer,
            "UPDATE target_readers SET owner = '', lease_until = 0 WHERE id = $1 AND owner = $2",
            target,
            self.instance(),
        )?;
        Ok(())
    }

    /// Ends the leases of this instance, which stops: others needn't wait until they are over.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn release_targets(&self) -> Result<(), StoreError> {
        execute!(&self.writer, "UPDATE target_readers SET lease_until = 0 WHERE owner = $1", self.instance())?;
        Ok(())
    }

    /// Records what this instance found at a target. Returns whether it has the lease; otherwise nothing was recorded.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn record_findings(&self, target: &str, findings: &TargetFindings) -> Result<bool, StoreError> {
        let body = serde_json::to_string(findings)?;
        let mut tx = self.write().await?;
        let rev = next_rev(&mut tx).await?;
        let written = execute!(
            tx.on(),
            "UPDATE target_readers SET rev = $1, findings = $2 WHERE id = $3 AND owner = $4",
            rev,
            &body,
            target,
            self.instance(),
        )?;
        if written == 0 {
            tx.rollback().await?;
            return Ok(false);
        }
        tx.commit().await?;
        Ok(true)
    }

    /// What the readers of targets found and recorded after `rev`, except what only a newer version can read.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn findings_after(&self, rev: i64) -> Result<Vec<StoredFindings>, StoreError> {
        let rows = fetch!(
            all as (String, String),
            &self.reader,
            "SELECT id, findings FROM target_readers WHERE rev > $1 AND findings <> ''",
            rev,
        )?;
        let readable = |(target, body): (String, String)| match serde_json::from_str(&body) {
            Ok(findings) => Some(StoredFindings { target, findings }),
            Err(error) => {
                tracing::error!(%error, target_id = target, "what was found at {target} can't be read: {error}");
                None
            }
        };
        Ok(rows.into_iter().filter_map(readable).collect())
    }
}
