//! Whether the database can be written.

use super::{Store, StoreError, Tx, database::execute};

/// The size of the test write: a change with its audit row takes less.
const PROBE_BYTES: usize = 8 * 1024;

impl Store {
    /// Checks that writes succeed: writes something of the size of a change, deletes it again, and commits.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn check_writable(&self) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        execute!(tx.on(), "UPDATE counters SET value = value WHERE name = 'rev'")?;
        write_and_delete(&mut tx).await?;
        tx.commit().await
    }
}

/// Writes as much as a change takes, and removes it, so that a full disk is noticed.
async fn write_and_delete(tx: &mut Tx) -> Result<(), StoreError> {
    let body = "x".repeat(PROBE_BYTES);
    execute!(tx.on(), "INSERT INTO drafts (id, user_id, body, created_at) VALUES ('probe', '', $1, 0)", body)?;
    execute!(tx.on(), "DELETE FROM drafts WHERE id = 'probe' AND user_id = ''")?;
    Ok(())
}
