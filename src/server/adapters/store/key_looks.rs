//! The table of KMS's answers about keys that streams use or still need, for the instances that don't ask.

use sqlx::AssertSqlSafe;

use super::{
    On, Store, StoreError, Tx,
    database::{execute, fetch},
    placeholders::placeholders,
    postgres::answered,
    reserve_revs,
};
use crate::model::{
    keys::KeyLook,
    stream::encryption::KeyId,
    time::{DAY_MS, Timestamp},
};

/// KMS's answer about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKeyLook {
    /// The id of the target that KMS was asked for.
    pub target: String,
    pub key: KeyId,
    pub at: Timestamp,
    pub look: KeyLook,
}

/// A row as text, which SQLite's columns may hold whatever their type.
type Row = (String, String, i64, String);
/// Columns of a row.
const COLUMNS: usize = 5;
/// How long an answer is kept that isn't renewed. It is after five minutes while a stream needs the key.
const KEPT_MS: i64 = DAY_MS;

impl Store {
    /// Records answers, of one round and so at most some hundred, in one statement. A newer answer of another instance
    /// stays.
    ///
    /// # Errors
    /// When the database cannot be written; then none was recorded.
    pub async fn record_key_looks(&self, looks: &[StoredKeyLook]) -> Result<(), StoreError> {
        if looks.is_empty() {
            return Ok(());
        }
        let bodies: Vec<String> =
            looks.iter().map(|stored| serde_json::to_string(&stored.look)).collect::<Result<_, _>>()?;
        let statement = format!(
            "INSERT INTO key_looks (target, key_id, rev, looked_at, body) VALUES {}
             ON CONFLICT (target, key_id)
             DO UPDATE SET rev = excluded.rev, looked_at = excluded.looked_at, body = excluded.body
             WHERE key_looks.looked_at <= excluded.looked_at",
            placeholders(looks.len(), COLUMNS, "")
        );
        let mut tx = self.write().await?;
        let revs = reserve_revs(&mut tx, i64::try_from(looks.len()).unwrap_or(i64::MAX)).await?;
        // Not prepared: there would be a statement for each number of rows.
        macro_rules! run {
            ($on:expr) => {{
                let mut query = sqlx::query(AssertSqlSafe(statement)).persistent(false);
                for ((stored, body), rev) in looks.iter().zip(&bodies).zip(revs) {
                    query = query
                        .bind(stored.target.as_str())
                        .bind(stored.key.as_str())
                        .bind(rev)
                        .bind(stored.at.as_millis())
                        .bind(body.as_str());
                }
                query.execute($on).await.map(drop)
            }};
        }
        match tx.on() {
            On::Sqlite(on) => run!(on),
            On::Postgres(on) => answered(async { run!(on) }).await,
        }?;
        tx.commit().await
    }

    /// The answers that were recorded after `rev`, except those that only a newer version can read.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn key_looks_after(&self, rev: i64) -> Result<Vec<StoredKeyLook>, StoreError> {
        let sql = "SELECT target, key_id, looked_at, body FROM key_looks WHERE rev > $1 ORDER BY rev";
        let rows = fetch!(all as Row, &self.reader, sql, rev)?;
        let readable = |(target, key, at, body): Row| {
            let look = serde_json::from_str(&body);
            if let Err(error) = &look {
                tracing::error!(%error, target_id = target, "an answer of KMS is left to a newer version: {error}");
            }
            Some(StoredKeyLook { target, key: key.parse().ok()?, at: Timestamp::from_millis(at), look: look.ok()? })
        };
        Ok(rows.into_iter().filter_map(readable).collect())
    }
}

/// Deletes the answers about keys that no stream has needed for a day.
///
/// # Errors
/// When the database cannot be written.
pub async fn prune(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    execute!(tx.on(), "DELETE FROM key_looks WHERE looked_at < $1", now.plus_millis(-KEPT_MS).as_millis())
}
