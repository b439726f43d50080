//! The table of users.

use sqlx::{FromRow, Row, sqlite::SqliteRow};

use super::{Store, StoreError, Tx};
use crate::model::{identity::Role, timestamp::Timestamp, validation::UserName};

/// A person who may sign in.
#[derive(Debug, Clone)]
pub struct User {
    pub id: String,
    pub name: String,
    pub role: Role,
    pub password_hash: Option<String>,
    pub is_demo: bool,
    pub disabled_at: Option<Timestamp>,
}

impl FromRow<'_, SqliteRow> for User {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let role: String = row.try_get("role")?;
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            role: Role::parse(&role).ok_or_else(|| sqlx::Error::Decode(format!("unknown role {role}").into()))?,
            password_hash: row.try_get("password_hash")?,
            is_demo: row.try_get::<i64, _>("is_demo")? != 0,
            disabled_at: row.try_get::<Option<i64>, _>("disabled_at")?.map(Timestamp::from_millis),
        })
    }
}

impl Store {
    /// # Errors
    /// When the database cannot be read.
    pub async fn user_by_name(&self, name: &UserName) -> Result<Option<User>, StoreError> {
        Ok(sqlx::query_as("SELECT * FROM users WHERE folded_name = $1").bind(name.folded()).fetch_optional(&self.reader).await?)
    }

    /// All users, by name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn users(&self) -> Result<Vec<User>, StoreError> {
        Ok(sqlx::query_as("SELECT * FROM users ORDER BY folded_name").fetch_all(&self.reader).await?)
    }

    /// Whether anybody is registered, the demo's users aside.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn has_users(&self) -> Result<bool, StoreError> {
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM users").fetch_one(&self.reader).await?;
        Ok(count > 0)
    }

    /// Whether the database was made by the demo.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn has_demo_users(&self) -> Result<bool, StoreError> {
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM users WHERE is_demo <> 0").fetch_one(&self.reader).await?;
        Ok(count > 0)
    }
}

/// Adds a user. A name that is taken is a unique violation.
///
/// # Errors
/// When the name is taken or the database cannot be written.
pub async fn insert(tx: &mut Tx, user: &User, name: &UserName, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO users (id, name, folded_name, role, password_hash, is_demo, disabled_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, NULL, $7)",
    )
    .bind(&user.id)
    .bind(name.as_str())
    .bind(name.folded())
    .bind(user.role.word())
    .bind(&user.password_hash)
    .bind(i64::from(user.is_demo))
    .bind(now.as_millis())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether nobody is registered, as this transaction sees it.
///
/// # Errors
/// When the database cannot be read.
pub async fn is_empty(tx: &mut Tx) -> Result<bool, StoreError> {
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM users").fetch_one(&mut **tx).await?;
    Ok(count == 0)
}

/// Sets a user's password and ends all of that user's sessions.
///
/// # Errors
/// When the database cannot be written.
pub async fn set_password(tx: &mut Tx, user_id: &str, password_hash: &str, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("UPDATE users SET password_hash = $1 WHERE id = $2").bind(password_hash).bind(user_id).execute(&mut **tx).await?;
    super::sessions::revoke_all(tx, user_id, now).await
}

/// Disables a user and ends all of that user's sessions. Users are never deleted: what they did names them.
///
/// # Errors
/// When the database cannot be written.
pub async fn disable(tx: &mut Tx, user_id: &str, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("UPDATE users SET disabled_at = $1 WHERE id = $2 AND disabled_at IS NULL")
        .bind(now.as_millis())
        .bind(user_id)
        .execute(&mut **tx)
        .await?;
    super::sessions::revoke_all(tx, user_id, now).await
}
