//! The table of logout tokens that were accepted, until they expire: each counts once.

use super::{StoreError, Tx, database::execute};
use crate::model::time::Timestamp;

/// Notes a token by the hash of its id. Returns whether it is the first time.
///
/// # Errors
/// When the database cannot be written.
pub async fn note(tx: &mut Tx, id_hash: &str, expires_at: Timestamp) -> Result<bool, StoreError> {
    let noted = execute!(
        tx.on(),
        "INSERT INTO provider_logouts (id_hash, expires_at) VALUES ($1, $2) ON CONFLICT (id_hash) DO NOTHING",
        id_hash,
        expires_at.as_millis(),
    )?;
    Ok(noted > 0)
}

/// Deletes tokens that have expired.
///
/// # Errors
/// When the database cannot be written.
pub async fn prune(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    execute!(tx.on(), "DELETE FROM provider_logouts WHERE expires_at < $1", now.as_millis())
}
