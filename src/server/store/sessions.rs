//! The table of sessions. A row is made at sign-in only; a revoked one never comes back to life.

use sqlx::{FromRow, Row, sqlite::SqliteRow};

use super::{Store, StoreError, Tx};
use crate::model::{identity::Role, timestamp::Timestamp};

/// A live session with its user, as one read returns it.
#[derive(Debug, Clone)]
pub struct SessionRow {
    pub user_id: String,
    pub user_name: String,
    pub role: Role,
    pub signed_in_at: Timestamp,
    pub last_human_at: Timestamp,
}

impl FromRow<'_, SqliteRow> for SessionRow {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let role: String = row.try_get("role")?;
        Ok(Self {
            user_id: row.try_get("user_id")?,
            user_name: row.try_get("user_name")?,
            role: Role::parse(&role).ok_or_else(|| sqlx::Error::Decode(format!("unknown role {role}").into()))?,
            signed_in_at: Timestamp::from_millis(row.try_get("signed_in_at")?),
            last_human_at: Timestamp::from_millis(row.try_get("last_human_at")?),
        })
    }
}

/// What a sign-in writes.
#[derive(Debug, Clone)]
pub struct SignInRecord {
    pub id_hash: String,
    pub user_id: String,
    pub at: Timestamp,
}

impl Store {
    /// The session of this hash if it is neither revoked nor its user disabled. Limits of time are the caller's.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn session(&self, id_hash: &str) -> Result<Option<SessionRow>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT s.user_id, u.name AS user_name, u.role, s.signed_in_at, s.last_human_at
             FROM sessions s JOIN users u ON u.id = s.user_id
             WHERE s.id_hash = $1 AND s.revoked_at IS NULL AND u.disabled_at IS NULL",
        )
        .bind(id_hash)
        .fetch_optional(&self.reader)
        .await?)
    }

    /// Notes that a person acted. Updates a live row and never makes one.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn touch_session(&self, id_hash: &str, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("UPDATE sessions SET last_human_at = $1 WHERE id_hash = $2 AND revoked_at IS NULL AND last_human_at < $1")
            .bind(now.as_millis())
            .bind(id_hash)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn revoke_session(&self, id_hash: &str, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("UPDATE sessions SET revoked_at = $1 WHERE id_hash = $2 AND revoked_at IS NULL")
            .bind(now.as_millis())
            .bind(id_hash)
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}

/// Makes the session of a sign-in.
///
/// # Errors
/// When the id is taken or the database cannot be written.
pub async fn insert(tx: &mut Tx, sign_in: &SignInRecord) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO sessions (id_hash, user_id, created_at, signed_in_at, last_human_at, sudo_until, revoked_at)
         VALUES ($1, $2, $3, $3, $3, NULL, NULL)",
    )
    .bind(&sign_in.id_hash)
    .bind(&sign_in.user_id)
    .bind(sign_in.at.as_millis())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn revoke_all(tx: &mut Tx, user_id: &str, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("UPDATE sessions SET revoked_at = $1 WHERE user_id = $2 AND revoked_at IS NULL")
        .bind(now.as_millis())
        .bind(user_id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
