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
        let sql = "SELECT CAST(id AS TEXT), CAST(paused_at AS TEXT), CAST(paused_by AS TEXT) FROM targets ORDER BY id";
        let rows = fetch!(all as (String, String, String), &self.reader, sql)?;
        let pause = |(target, at, by): (String, String, String)| match at.parse() {
            Ok(at) => Some(StoredPause { target, pause: Pause { by, at: Timestamp::from_millis(at) } }),
            Err(error) => {
                tracing::error!(%error, target_id = target, at, "the pause of {target} can't be read: {error}");
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
    let written = execute!(
        tx.on(),
        "INSERT INTO targets (id, paused_at, paused_by) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
        target,
        pause.at.as_millis(),
        pause.by.as_str(),
    )?;
    Ok(written == 1)
}

/// Ends the pause of a target. Returns whether there was one.
///
/// # Errors
/// When the database cannot be written.
pub async fn resume(tx: &mut Tx, target: &str) -> Result<bool, StoreError> {
    Ok(execute!(tx.on(), "DELETE FROM targets WHERE id = $1", target)? == 1)
}
