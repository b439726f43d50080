//! The table of failed sign-ins: how often an account or network failed, and until when it has to wait. Rows never
//! displace others; they are deleted a day after the last failure.

use super::{
    Store, StoreError, Tx,
    database::{execute, fetch},
};
use crate::model::{
    access::sign_in_delay::{FORGOTTEN_AFTER_MS, Policy},
    time::Timestamp,
};

impl Store {
    /// Until when a subject has or had to wait; `None` if it has not failed.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn sign_in_wait(&self, subject: &str) -> Result<Option<Timestamp>, StoreError> {
        let row = fetch!(
            optional as (i64,),
            &self.reader,
            "SELECT wait_until FROM sign_in_failures WHERE subject = $1",
            subject
        )?;
        Ok(row.map(|(until,)| Timestamp::from_millis(until)))
    }

    /// The longest wait of a subject and of every subject that begins with it and a space; `None` if none has failed.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn longest_sign_in_wait(&self, subject: &str) -> Result<Option<Timestamp>, StoreError> {
        let (until,) = fetch!(
            one as (Option<i64>,),
            &self.reader,
            "SELECT MAX(wait_until) FROM sign_in_failures WHERE subject = $1 OR substr(subject, 1, $2) = $3",
            subject,
            i32::try_from(subject.len() + 1).unwrap_or(i32::MAX),
            format!("{subject} "),
        )?;
        Ok(until.map(Timestamp::from_millis))
    }
}

/// Counts a failure, and makes the subject wait as its policy says.
///
/// # Errors
/// When the database cannot be written.
pub async fn count(tx: &mut Tx, subject: &str, policy: Policy, now: Timestamp) -> Result<(), StoreError> {
    let before = fetch!(
        optional as (i64, i64),
        tx.on(),
        "SELECT failures, last_at FROM sign_in_failures WHERE subject = $1",
        subject
    )?;
    let failures =
        before.map_or(1, |(failures, last_at)| policy.counted(failures, Timestamp::from_millis(last_at), now));
    execute!(
        tx.on(),
        "INSERT INTO sign_in_failures (subject, failures, last_at, wait_until) VALUES ($1, $2, $3, $4)
         ON CONFLICT (subject)
         DO UPDATE SET failures = excluded.failures, last_at = excluded.last_at, wait_until = excluded.wait_until",
        subject,
        failures,
        now.as_millis(),
        now.plus_millis(policy.wait_ms(failures)).as_millis(),
    )?;
    Ok(())
}

/// Deletes a subject's failures, after a successful sign-in.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget(tx: &mut Tx, subject: &str) -> Result<(), StoreError> {
    execute!(tx.on(), "DELETE FROM sign_in_failures WHERE subject = $1", subject)?;
    Ok(())
}

/// Deletes a subject's failures and those of every subject that begins with it and a space. Returns how many rows there
/// were.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget_all(tx: &mut Tx, subject: &str) -> Result<u64, StoreError> {
    execute!(
        tx.on(),
        "DELETE FROM sign_in_failures WHERE subject = $1 OR substr(subject, 1, $2) = $3",
        subject,
        i32::try_from(subject.len() + 1).unwrap_or(i32::MAX),
        format!("{subject} "),
    )
}

/// Deletes failures that no longer count.
///
/// # Errors
/// When the database cannot be written.
pub async fn prune(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    let old = now.plus_millis(-FORGOTTEN_AFTER_MS);
    execute!(
        tx.on(),
        "DELETE FROM sign_in_failures WHERE last_at < $1 AND wait_until < $2",
        old.as_millis(),
        now.as_millis(),
    )
}
