//! Whether the database still has the history in which a change was recorded.
//!
//! A failover to a standby, or a restore to an earlier time, begins another history. It may lack the last commits of
//! the one before: among them that a change was sent.

use super::{
    On, StoreError, Tx,
    database::{execute, fetch},
    postgres,
};

/// The history that a transaction belongs to; empty if it can't be known, and on SQLite, which has only one.
///
/// # Errors
/// When the database cannot be reached.
pub async fn of(tx: &mut Tx) -> Result<String, StoreError> {
    match tx.on() {
        On::Sqlite(_) => Ok(String::new()),
        On::Postgres(on) => Ok(postgres::history(on).await?),
    }
}

/// Whether the database may have lost what was committed about a change.
///
/// # Errors
/// When the database cannot be read.
pub async fn may_have_lost(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    let recorded = fetch!(optional as (String,), tx.on(), "SELECT history FROM changes WHERE id = $1", id)?;
    let Some((recorded,)) = recorded.filter(|(recorded,)| !recorded.is_empty()) else { return Ok(false) };
    Ok(recorded != of(tx).await?)
}

/// Notes that nothing about a change is lost: its worker has found it as it left it.
///
/// # Errors
/// When the database cannot be written.
pub async fn note_whole(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    let history = of(tx).await?;
    execute!(tx.on(), "UPDATE changes SET history = $1 WHERE id = $2", history, id)?;
    Ok(())
}
