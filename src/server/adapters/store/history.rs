//! Whether the database still has the history in which a change was recorded.
//!
//! A failover to a standby, or a restore, begins another history. It may lack the last commits of the one before: among
//! them that a change was sent.

use super::{On, Store, StoreError, Tx, database::fetch, postgres};

/// Whether the database still has everything that was committed about a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Continuity {
    Whole,
    /// An earlier version recorded the change, or the database doesn't expose its timeline.
    Unknown,
    /// The database has another history than when the change was recorded.
    Broken,
}

impl Store {
    /// The history that the database has now; empty if it can't be known, and on SQLite, which has only one.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn history(&self) -> Result<String, StoreError> {
        match &self.reader {
            On::Sqlite(_) => Ok(String::new()),
            On::Postgres(pool) => Ok(postgres::history(&mut *pool.acquire().await?).await?),
        }
    }
}

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

/// Whether the database still has everything that was committed about a change.
///
/// # Errors
/// When the database cannot be read.
pub async fn continuity(tx: &mut Tx, id: &str) -> Result<Continuity, StoreError> {
    if matches!(tx.on(), On::Sqlite(_)) {
        return Ok(Continuity::Whole);
    }
    let (recorded,) = fetch!(one as (String,), tx.on(), "SELECT history FROM changes WHERE id = $1", id)?;
    let now = of(tx).await?;
    Ok(if recorded.is_empty() || now.is_empty() {
        Continuity::Unknown
    } else if recorded == now {
        Continuity::Whole
    } else {
        Continuity::Broken
    })
}
