//! The table of one-time links with which people set their own passwords.

use strum::{EnumString, IntoStaticStr};

use super::{
    Store, StoreError, Tx,
    database::{execute, fetch, from_row},
};
use crate::model::time::{DAY_MS, MINUTE_MS, Timestamp};

/// How long the row of a link is kept after it expired, so that whoever opens it is told what it was.
const KEPT_MS: i64 = 30 * DAY_MS;
/// Attempts to open a link after its end are recorded at most this often.
const REFUSED_EVERY_MS: i64 = MINUTE_MS;

/// A one-time link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordLink {
    /// The SHA-256 of its token.
    pub token_hash: String,
    pub user_id: String,
    /// The name of the administrator.
    pub made_by: String,
    pub made_at: Timestamp,
    pub expires_at: Timestamp,
    /// How it ended before it expired.
    pub ended: Option<LinkEnd>,
}

/// How a link ended before it expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase", const_into_str)]
pub enum LinkEnd {
    Used,
    /// Withdrawn or replaced, or its user was disabled or got a password in another way.
    Revoked,
}

fn end_of(word: &str) -> Result<LinkEnd, StoreError> {
    word.parse().map_err(|_| StoreError::UnknownValue(format!("the end of a link: {word}")))
}

struct Row {
    token_hash: String,
    user_id: String,
    made_by: String,
    made_at: i64,
    expires_at: i64,
    ended_how: Option<String>,
}
from_row!(Row { token_hash, user_id, made_by, made_at, expires_at, ended_how });

impl TryFrom<Row> for PasswordLink {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            token_hash: row.token_hash,
            user_id: row.user_id,
            made_by: row.made_by,
            made_at: Timestamp::from_millis(row.made_at),
            expires_at: Timestamp::from_millis(row.expires_at),
            ended: row.ended_how.as_deref().map(end_of).transpose()?,
        })
    }
}

impl Store {
    /// The link with this hash of its token, whether it has ended or not.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn password_link(&self, token_hash: &str) -> Result<Option<PasswordLink>, StoreError> {
        let row = fetch!(
            optional as Row,
            &self.reader,
            "SELECT token_hash, user_id, made_by, made_at, expires_at, ended_how FROM password_links
             WHERE token_hash = $1",
            token_hash,
        )?;
        row.map(PasswordLink::try_from).transpose()
    }

    /// The link with which a user can set the password now.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn open_password_link(&self, user_id: &str, now: Timestamp) -> Result<Option<PasswordLink>, StoreError> {
        let row = fetch!(
            optional as Row,
            &self.reader,
            "SELECT token_hash, user_id, made_by, made_at, expires_at, ended_how FROM password_links
             WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2",
            user_id,
            now.as_millis(),
        )?;
        row.map(PasswordLink::try_from).transpose()
    }
}

/// Adds a link. The user's former one must have ended.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert(tx: &mut Tx, link: &PasswordLink) -> Result<(), StoreError> {
    execute!(
        tx.on(),
        "INSERT INTO password_links (token_hash, user_id, made_by, made_at, expires_at, ended_at, ended_how, refused_at)
         VALUES ($1, $2, $3, $4, $5, NULL, NULL, NULL)",
        &link.token_hash,
        &link.user_id,
        &link.made_by,
        link.made_at.as_millis(),
        link.expires_at.as_millis(),
    )?;
    Ok(())
}

/// Revokes a user's link. Returns whether there was one that hadn't expired.
///
/// # Errors
/// When the database cannot be written.
pub async fn revoke_of(tx: &mut Tx, user_id: &str, now: Timestamp) -> Result<bool, StoreError> {
    let row = fetch!(
        optional as (i64,),
        tx.on(),
        "UPDATE password_links SET ended_at = $1, ended_how = $2 WHERE user_id = $3 AND ended_at IS NULL
         RETURNING expires_at",
        now.as_millis(),
        LinkEnd::Revoked.into_str(),
        user_id,
    )?;
    Ok(row.is_some_and(|(expires_at,)| expires_at > now.as_millis()))
}

/// Uses a link. Returns whether it was open: of two that use it at once, one does.
///
/// # Errors
/// When the database cannot be written.
pub async fn use_up(tx: &mut Tx, token_hash: &str, now: Timestamp) -> Result<bool, StoreError> {
    let used = execute!(
        tx.on(),
        "UPDATE password_links SET ended_at = $1, ended_how = $2
         WHERE token_hash = $3 AND ended_at IS NULL AND expires_at > $1",
        now.as_millis(),
        LinkEnd::Used.into_str(),
        token_hash,
    )?;
    Ok(used > 0)
}

/// Notes that somebody opened a link after its end. Returns whether to record it.
///
/// # Errors
/// When the database cannot be written.
pub async fn note_refusal(tx: &mut Tx, token_hash: &str, now: Timestamp) -> Result<bool, StoreError> {
    let noted = execute!(
        tx.on(),
        "UPDATE password_links SET refused_at = $1
         WHERE token_hash = $2 AND (refused_at IS NULL OR refused_at <= $3 OR refused_at > $1)",
        now.as_millis(),
        token_hash,
        now.plus_millis(-REFUSED_EVERY_MS).as_millis(),
    )?;
    Ok(noted > 0)
}

/// Deletes links that expired long ago.
///
/// # Errors
/// When the database cannot be written.
pub async fn prune(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    execute!(tx.on(), "DELETE FROM password_links WHERE expires_at < $1", now.plus_millis(-KEPT_MS).as_millis())
}
