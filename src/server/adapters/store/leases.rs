//! Leases on changes: which instance works on a change, until when, and a fence that grows whenever the change moves to
//! another instance. A worker's writes name its fence, so an instance that was suspended and wakes late writes nothing.

use super::{
    On, Store, StoreError, Tx, TxConnection,
    changes::readable,
    database::{execute, fetch, from_row},
    presence,
};
use crate::model::{
    change::Change,
    time::{SECOND_MS, Timestamp},
};

/// How long a lease holds without being renewed.
pub const LEASE_MS: i64 = 10 * SECOND_MS;

/// A change leased to this instance.
#[derive(Debug, Clone)]
pub struct Leased {
    pub change: Change,
    pub fence: i64,
    /// The MAC of its intent, as recorded with it.
    pub intent_mac: String,
}

struct LeaseRow {
    rev: i64,
    body: String,
    owner: String,
    lease_until: i64,
    fence: i64,
    intent_mac: String,
}
from_row!(LeaseRow { rev, body, owner, lease_until, fence, intent_mac });

impl Store {
    /// Takes over unfinished changes that nobody works on: those whose instance is gone, whose lease expired, or that
    /// are this instance's own but not `in_flight`.
    ///
    /// # Errors
    /// When the journal cannot be read or written; then nothing was taken over.
    pub async fn take_over(&self, in_flight: impl Fn(&str) -> bool + Send + Sync) -> Result<Vec<Leased>, StoreError> {
        // Don't take the write lock when there is nothing to do.
        let active = fetch!(all as (String,), &self.reader, "SELECT id FROM changes WHERE ended_at IS NULL")?;
        if active.iter().all(|(id,)| in_flight(id)) {
            return Ok(Vec::new());
        }
        let mut tx = self.write().await?;
        let now = tx.database_time().await?;
        let rows = fetch!(
            all as LeaseRow,
            tx.on(),
            "SELECT rev, body, owner, lease_until, fence, intent_mac FROM changes WHERE ended_at IS NULL
             ORDER BY requested_at, id"
        )?;
        let mut taken = Vec::new();
        for row in rows {
            let Some(mut change) = readable(row.rev, &row.body) else { continue };
            if in_flight(&change.id) || !self.may_take(&mut tx, &row.owner, row.lease_until, now).await? {
                continue;
            }
            let fence = row.fence + 1;
            execute!(
                tx.on(),
                "UPDATE changes SET owner = $1, lease_until = $2, fence = $3 WHERE id = $4",
                self.instance(),
                now.plus_millis(LEASE_MS).as_millis(),
                fence,
                &change.id,
            )?;
            change.rev = row.rev;
            taken.push(Leased { change, fence, intent_mac: row.intent_mac });
        }
        tx.commit().await?;
        Ok(taken)
    }

    /// Whether a lease may be taken: it is this instance's own, it expired, or its instance is gone.
    pub(super) async fn may_take(
        &self,
        tx: &mut Tx,
        owner: &str,
        lease_until: i64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.may_take_by(tx.on(), owner, lease_until, now).await
    }

    /// The same by any connection, which may be of no transaction: then it is a hint.
    pub(super) async fn may_take_by(
        &self,
        on: TxConnection<'_>,
        owner: &str,
        lease_until: i64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        if owner == self.instance() || lease_until < now.as_millis() {
            return Ok(true);
        }
        match on {
            // The instance lock shows that there is no other instance.
            On::Sqlite(_) => Ok(true),
            On::Postgres(on) => presence::is_dead(on, owner, &self.shared.missing).await,
        }
    }

    /// Renews the leases of this instance.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn renew_leases(&self) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let until = tx.database_time().await?.plus_millis(LEASE_MS).as_millis();
        execute!(
            tx.on(),
            "UPDATE changes SET lease_until = $1 WHERE ended_at IS NULL AND owner = $2",
            until,
            self.instance()
        )?;
        tx.commit().await
    }
}
