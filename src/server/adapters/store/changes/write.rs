//! Writes to the journal, each in its caller's transaction.

use super::rows::{FormRow, LatestRow, change_of};
use crate::{
    model::{change::Change, time::Timestamp},
    server::adapters::store::{
        Leased, Store, StoreError, Tx,
        database::{execute, fetch},
        history,
        leases::LEASE_MS,
        next_rev,
    },
};

/// The fence of a change that has never moved to another instance.
const FIRST_FENCE: i64 = 1;

/// A change to record, with what identifies repeats of its form.
#[derive(Debug)]
pub struct NewChange<'a> {
    pub change: &'a mut Change,
    pub user_id: &'a str,
    pub request_id: &'a str,
    pub form_hash: &'a str,
    /// The MAC of what is to be sent.
    pub intent_mac: &'a str,
}

/// What became of a [`NewChange`].
#[derive(Debug)]
pub enum Inserted {
    /// Its first lease has this fence.
    Recorded { fence: i64 },
    /// The same form was submitted before; this is its change.
    SameRequest(Box<Change>),
    /// The same request id was submitted before with other values.
    OtherValues,
    /// The stream already has this active change.
    StreamBusy { id: String },
}

impl Store {
    /// Records a change, leased to this instance, unless its form was submitted before or its stream has an active
    /// change. The unique indexes decide; the transaction holds the write lock, so what is read first still holds at
    /// the insert.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn insert_change(&self, tx: &mut Tx, new: NewChange<'_>) -> Result<Inserted, StoreError> {
        let NewChange { change, user_id, request_id, form_hash, intent_mac } = new;
        let same = fetch!(
            optional as FormRow,
            tx.on(),
            "SELECT rev, body, form_hash FROM changes WHERE user_id = $1 AND request_id = $2",
            user_id,
            request_id,
        )?;
        if let Some(row) = same {
            let is_same = row.form_hash == form_hash;
            return Ok(if is_same {
                Inserted::SameRequest(Box::new(change_of(row.rev, &row.body)?))
            } else {
                Inserted::OtherValues
            });
        }
        let arn = change.intent.arn.to_string();
        // A rejected change wouldn't be in the way, but the active one is what the person needs to see.
        let active =
            fetch!(optional as (String,), tx.on(), "SELECT id FROM changes WHERE arn = $1 AND ended_at IS NULL", &arn)?;
        if let Some((id,)) = active {
            return Ok(Inserted::StreamBusy { id });
        }
        tx.record_journal(change);
        change.rev = next_rev(tx).await?;
        let lease_until = tx.database_time().await?.plus_millis(LEASE_MS);
        let history = history::of(tx).await?;
        execute!(
            tx.on(),
            "INSERT INTO changes (id, rev, user_id, request_id, form_hash, arn, requested_at, sent_at, ended_at, body,
                                  owner, lease_until, fence, intent_mac, history)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
            &change.id,
            change.rev,
            user_id,
            request_id,
            form_hash,
            &arn,
            change.intent.requested_at.as_millis(),
            change.evidence.sent_at.map(Timestamp::as_millis),
            change.end.as_ref().map(|end| end.at.as_millis()),
            serde_json::to_string(change)?,
            self.instance(),
            lease_until.as_millis(),
            FIRST_FENCE,
            intent_mac,
            history,
        )?;
        Ok(Inserted::Recorded { fence: FIRST_FENCE })
    }

    /// A change that this instance has the lease on, with this fence. A lower fence shows that a failover lost the
    /// lease: it is taken again.
    ///
    /// # Errors
    /// [`StoreError::NotHeld`] if the change has ended, or another instance has taken it over; else when the database
    /// cannot be read or written.
    pub async fn held(&self, tx: &mut Tx, id: &str, fence: i64) -> Result<Leased, StoreError> {
        let row = latest_row(tx, id).await?;
        // After a failover that lost a lease, another instance may have taken one with the same fence.
        let is_of_other = row.fence > fence || (row.fence == fence && row.owner != self.instance());
        let latest = leased(row)?;
        if is_of_other || !latest.change.is_active() {
            return Err(StoreError::NotHeld);
        }
        if latest.fence < fence {
            let until = tx.database_time().await?.plus_millis(LEASE_MS).as_millis();
            execute!(
                tx.on(),
                "UPDATE changes SET owner = $1, lease_until = $2, fence = $3 WHERE id = $4",
                self.instance(),
                until,
                fence,
                id,
            )?;
        }
        Ok(Leased { fence, ..latest })
    }
}

/// A change in the journal, with the fence of its lease. The transaction holds the write lock, so what is read here is
/// what [`write()`] updates.
///
/// # Errors
/// [`StoreError::NotHeld`] when there is none; else when the database cannot be read.
pub async fn latest(tx: &mut Tx, id: &str) -> Result<Leased, StoreError> {
    leased(latest_row(tx, id).await?)
}

async fn latest_row(tx: &mut Tx, id: &str) -> Result<LatestRow, StoreError> {
    let sql = "SELECT rev, body, owner, fence, intent_mac FROM changes WHERE id = $1";
    fetch!(optional as LatestRow, tx.on(), sql, id)?.ok_or(StoreError::NotHeld)
}

fn leased(row: LatestRow) -> Result<Leased, StoreError> {
    Ok(Leased { change: change_of(row.rev, &row.body)?, fence: row.fence, intent_mac: row.intent_mac })
}

/// Writes a change that was read in the same transaction, with a new revision.
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
        change.evidence.sent_at.map(Timestamp::as_millis),
        change.end.as_ref().map(|end| end.at.as_millis()),
        serde_json::to_string(change)?,
        &change.id,
    )?;
    Ok(())
}
