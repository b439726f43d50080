//! The table of drafts: what was typed into a form that had a mistake, for 15 minutes, for its author only.

use super::{
    Store, StoreError, Tx,
    database::{execute, fetch},
};
use crate::model::time::{MINUTE_MS, Timestamp};

const KEPT_MS: i64 = 15 * MINUTE_MS;
/// How many drafts of one person are kept; the newest are.
const KEPT_OF_A_PERSON: i64 = 20;
/// How many are kept of all people who aren't signed in.
const KEPT_OF_STRANGERS: i64 = 1_000;

impl Store {
    /// Stores what was typed, and deletes old drafts and those beyond the newest of the author. `user_id` is empty for
    /// people who aren't signed in.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn keep_draft(&self, id: &str, user_id: &str, body: &str, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        prune(&mut tx, now).await?;
        execute!(
            tx.on(),
            "INSERT INTO drafts (id, user_id, body, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (id, user_id) DO UPDATE SET body = excluded.body, created_at = excluded.created_at",
            id,
            user_id,
            body,
            now.as_millis(),
        )?;
        execute!(
            tx.on(),
            "DELETE FROM drafts WHERE user_id = $1 AND id NOT IN
                 (SELECT id FROM drafts WHERE user_id = $1 ORDER BY created_at DESC, id LIMIT $2)",
            user_id,
            if user_id.is_empty() { KEPT_OF_STRANGERS } else { KEPT_OF_A_PERSON },
        )?;
        tx.commit().await
    }

    /// What was typed, if it is this user's and not too old.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn draft(&self, id: &str, user_id: &str, now: Timestamp) -> Result<Option<String>, StoreError> {
        let row = fetch!(
            optional as (String,),
            &self.reader,
            "SELECT body FROM drafts WHERE id = $1 AND user_id = $2 AND created_at >= $3",
            id,
            user_id,
            now.plus_millis(-KEPT_MS).as_millis(),
        )?;
        Ok(row.map(|(body,)| body))
    }
}

/// Deletes drafts that are too old.
///
/// # Errors
/// When the database cannot be written.
pub async fn prune(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    execute!(tx.on(), "DELETE FROM drafts WHERE created_at < $1", now.plus_millis(-KEPT_MS).as_millis())
}
