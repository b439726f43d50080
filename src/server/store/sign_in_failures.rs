//! The table of failed sign-ins: how often an account or a network failed, and until when it has to wait. Rows are never
//! pushed out by others; they are forgotten a day after the last failure.

use sqlx::FromRow;

use super::{
    StoreError, Tx,
    database::{execute, fetch},
};
use crate::model::{
    sign_in_delay::{FORGOTTEN_AFTER_MS, wait_ms},
    timestamp::Timestamp,
};

#[derive(FromRow)]
struct Row {
    failures: i64,
    last_at: i64,
    wait_until: i64,
}

async fn row(tx: &mut Tx, subject: &str) -> Result<Option<Row>, StoreError> {
    fetch!(optional as Row, tx.on(), "SELECT failures, last_at, wait_until FROM sign_in_failures WHERE subject = $1", subject)
}

/// Until when a subject has to wait; `None` when it need not.
///
/// # Errors
/// When the database cannot be read.
pub async fn waits_until(tx: &mut Tx, subject: &str, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let row = row(tx, subject).await?;
    Ok(row.map(|row| Timestamp::from_millis(row.wait_until)).filter(|until| *until > now))
}

/// Counts a failure, and lets the subject wait for it. `free` failures cost nothing.
///
/// # Errors
/// When the database cannot be written.
pub async fn count(tx: &mut Tx, subject: &str, free: i64, now: Timestamp) -> Result<(), StoreError> {
    let before = row(tx, subject).await?.filter(|row| now.millis_since(Timestamp::from_millis(row.last_at)) < FORGOTTEN_AFTER_MS);
    let failures = before.map_or(0, |row| row.failures).saturating_add(1);
    execute!(
        tx.on(),
        "INSERT INTO sign_in_failures (subject, failures, last_at, wait_until) VALUES ($1, $2, $3, $4)
         ON CONFLICT (subject) DO UPDATE SET failures = excluded.failures, last_at = excluded.last_at, wait_until = excluded.wait_until",
        subject,
        failures,
        now.as_millis(),
        now.plus_millis(wait_ms(failures, free)).as_millis(),
    )?;
    Ok(())
}

/// Forgets a subject's failures: it has shown who it is.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget(tx: &mut Tx, subject: &str) -> Result<(), StoreError> {
    execute!(tx.on(), "DELETE FROM sign_in_failures WHERE subject = $1", subject)?;
    Ok(())
}

/// Forgets what is over.
///
/// # Errors
/// When the database cannot be written.
pub async fn prune(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    let old = now.plus_millis(-FORGOTTEN_AFTER_MS);
    execute!(tx.on(), "DELETE FROM sign_in_failures WHERE last_at < $1 AND wait_until < $2", old.as_millis(), now.as_millis(),)
}
