//! The table of logout tokens that were accepted, until they expire: each counts once.

use super::{
    Store, StoreError, Tx,
    database::{execute, fetch},
};
use crate::model::time::Timestamp;

/// Notes a token by the hash of its id, and which session of the provider it ended. Returns whether it is the first
/// time.
///
/// # Errors
/// When the database cannot be written.
pub async fn note(
    tx: &mut Tx,
    id_hash: &str,
    provider_session_hash: Option<&str>,
    expires_at: Timestamp,
) -> Result<bool, StoreError> {
    let noted = execute!(
        tx.on(),
        "INSERT INTO provider_logouts (id_hash, provider_session_hash, expires_at) VALUES ($1, $2, $3)
         ON CONFLICT (id_hash) DO NOTHING",
        id_hash,
        provider_session_hash,
        expires_at.as_millis(),
    )?;
    Ok(noted > 0)
}

impl Store {
    /// Whether a token that hasn't expired yet ended this session of the provider.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn has_provider_session_ended(&self, provider_session_hash: &str) -> Result<bool, StoreError> {
        let (count,) = fetch!(
            one as (i64,),
            &self.reader,
            "SELECT COUNT(*) FROM provider_logouts WHERE provider_session_hash = $1",
            provider_session_hash,
        )?;
        Ok(count > 0)
    }
}

/// Deletes tokens that have expired.
///
/// # Errors
/// When the database cannot be written.
pub async fn prune(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    execute!(tx.on(), "DELETE FROM provider_logouts WHERE expires_at < $1", now.as_millis())
}
