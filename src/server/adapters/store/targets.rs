//! The table of targets: pauses of their background reads.

use super::{
    Store, StoreError, Tx,
    database::{execute, fetch},
};
use crate::model::{inventory::Pause, time::Timestamp};

/// A pause and its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPause {
    /// The target's [id](crate::server::adapters::aws::targets::Target::id).
    pub target: String,
    pub pause: Pause,
}

impl Store {
    /// All pauses that this version can read; others are no reason to stop.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn pauses(&self) -> Result<Vec<StoredPause>, StoreError> {
        // SQLite keeps any value in any column.
        let sql = "SELECT CAST(id AS TEXT), CAST(paused_at AS TEXT), CAST(paused_until AS TEXT), \
                   CAST(paused_by AS TEXT) FROM targets ORDER BY id";
        let rows = fetch!(all as (String, String, String, String), &self.reader, sql)?;
        let pause = |(target, at, until, by): (String, String, String, String)| match (at.parse(), until.parse()) {
            (Ok(at), Ok(until)) => {
                let pause = Pause::new(by, Timestamp::from_millis(at), Timestamp::from_millis(until));
                Some(StoredPause { target, pause })
            }
            (Err(error), _) | (_, Err(error)) => {
                tracing::error!(%error, target_id = target, at, until, "the pause of {target} can't be read: {error}");
                None
            }
        };
        Ok(rows.into_iter().filter_map(pause).collect())
    }
}

/// Pauses a target, unless it is paused already. Returns whether it was not.
///
/// # Errors
/// When the database cannot be written.
pub async fn pause(tx: &mut Tx, target: &str, pause: &Pause) -> Result<bool, StoreError> {
    tx.record_news();
    let written = execute!(
        tx.on(),
        "INSERT INTO targets (id, paused_at, paused_until, paused_by) VALUES ($1, $2, $3, $4)
         ON CONFLICT (id) DO NOTHING",
        target,
        pause.at.as_millis(),
        pause.until.as_millis(),
        pause.by.as_str(),
    )?;
    Ok(written == 1)
}

/// Removes this very pause. Returns whether it was still there.
///
/// # Errors
/// When the database cannot be written.
pub async fn end(tx: &mut Tx, stored: &StoredPause) -> Result<bool, StoreError> {
    tx.record_news();
    let StoredPause { target, pause } = stored;
    let removed = execute!(
        tx.on(),
        "DELETE FROM targets WHERE id = $1 AND paused_at = $2 AND paused_by = $3",
        target,
        pause.at.as_millis(),
        pause.by.as_str(),
    )?;
    Ok(removed == 1)
}

/// Removes the pause of a target, whatever it is. Returns whether there was one.
///
/// # Errors
/// When the database cannot be written.
pub async fn resume(tx: &mut Tx, target: &str) -> Result<bool, StoreError> {
    tx.record_news();
    Ok(execute!(tx.on(), "DELETE FROM targets WHERE id = $1", target)? == 1)
}
