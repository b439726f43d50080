//! The end of sessions in this process: what is remembered of them is forgotten, and open connections hear of it.

use super::{Store, StoreError, database::fetch, session_changes::SessionListener};
use crate::model::time::Timestamp;

impl Store {
    /// Ends a session.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn revoke_session(&self, id_hash: &str, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let ended = fetch!(
            optional as (String,),
            tx.on(),
            "UPDATE sessions SET revoked_at = $1 WHERE id_hash = $2 AND revoked_at IS NULL RETURNING user_id",
            now.as_millis(),
            id_hash
        )?;
        tx.commit().await?;
        if let Some((user_id,)) = ended {
            self.forget_sessions_of(&user_id);
        }
        Ok(())
    }

    /// Forgets which sessions of a user were valid, after the caller's transaction ended some or changed the user's
    /// rights. Whoever listens looks them up again.
    pub fn forget_sessions_of(&self, user_id: &str) {
        self.shared.remembered.forget_those_of(user_id);
        self.shared.session_changes.tell(user_id);
    }

    /// Listens to what this process does to a user's sessions.
    pub fn session_changes_of(&self, user_id: &str) -> SessionListener {
        self.shared.session_changes.of(user_id)
    }
}
