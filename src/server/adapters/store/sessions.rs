//! The table of sessions. Only a sign-in creates a row, and a revoked session never becomes valid again.

use super::{
    Store, StoreError, Tx,
    database::{execute, fetch, from_row},
    rights::{parse_role, parse_scope},
};
use crate::{
    model::{
        access::session::{self, ActiveSession},
        time::Timestamp,
    },
    server::adapters::clock::{Clock, SystemClock},
};

struct Row {
    user_id: String,
    user_name: String,
    role: String,
    scope: String,
    signed_in_at: i64,
    last_human_at: i64,
    sudo_until: Option<i64>,
    break_glass_at: Option<i64>,
    rights_until: Option<i64>,
}
from_row!(Row {
    user_id,
    user_name,
    role,
    scope,
    signed_in_at,
    last_human_at,
    sudo_until,
    break_glass_at,
    rights_until
});

impl TryFrom<Row> for ActiveSession {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            user_id: row.user_id,
            user_name: row.user_name,
            role: parse_role(&row.role)?,
            scope: parse_scope(&row.scope)?,
            signed_in_at: Timestamp::from_millis(row.signed_in_at),
            last_human_at: Timestamp::from_millis(row.last_human_at),
            sudo_until: row.sudo_until.map(Timestamp::from_millis),
            break_glass_at: row.break_glass_at.map(Timestamp::from_millis),
            rights_until: row.rights_until.map(Timestamp::from_millis),
            is_remembered: false,
        })
    }
}

/// The session that a sign-in creates.
#[derive(Debug, Clone)]
pub struct SignInRecord {
    pub id_hash: String,
    pub user_id: String,
    pub at: Timestamp,
    /// When the person first signed in, if this sign-in only confirms the identity.
    pub signed_in_at: Timestamp,
    pub sudo_until: Option<Timestamp>,
    pub address: String,
    pub user_agent: String,
    pub is_break_glass: bool,
    /// Until when the rights count that the company's provider gave; `None` for local accounts.
    pub rights_until: Option<Timestamp>,
    /// The hash of the provider's own session, if it names one.
    pub provider_session_hash: Option<String>,
}

/// One of a user's sessions, as shown to that user.
#[derive(Debug, Clone)]
pub struct OwnSession {
    /// The SHA-256 of the session's id: it identifies the session but doesn't open it.
    pub id_hash: String,
    pub signed_in_at: Timestamp,
    pub last_human_at: Timestamp,
    pub address: String,
    pub user_agent: String,
}
struct OwnRow {
    id_hash: String,
    signed_in_at: i64,
    last_human_at: i64,
    address: String,
    user_agent: String,
}
from_row!(OwnRow { id_hash, signed_in_at, last_human_at, address, user_agent });

impl From<OwnRow> for OwnSession {
    fn from(row: OwnRow) -> Self {
        Self {
            id_hash: row.id_hash,
            signed_in_at: Timestamp::from_millis(row.signed_in_at),
            last_human_at: Timestamp::from_millis(row.last_human_at),
            address: row.address,
            user_agent: row.user_agent,
        }
    }
}

impl Store {
    /// The session with this hash, unless it is revoked or its user disabled. Time limits are up to the caller. While
    /// the database can't be reached, the session as of its last answer.
    ///
    /// # Errors
    /// When the database cannot be read and the session isn't remembered.
    pub async fn session(&self, id_hash: &str) -> Result<Option<ActiveSession>, StoreError> {
        let remembered = &self.shared.remembered;
        if let Some(row) = remembered.while_left_alone(id_hash, SystemClock.steady()) {
            return Ok(Some(row));
        }
        match self.session_in_database(id_hash).await {
            Ok(row) => {
                remembered.answered(id_hash, row.as_ref(), SystemClock.steady());
                Ok(row)
            }
            // An unreadable row says nothing about the database.
            Err(error @ StoreError::UnknownValue(_)) => Err(error),
            Err(error) => match remembered.failed(id_hash, SystemClock.steady()) {
                Some(row) => {
                    tracing::warn!(%error, "the database does not answer; a session counts as it did a moment ago: \
                        {error}");
                    Ok(Some(row))
                }
                None => Err(error),
            },
        }
    }

    async fn session_in_database(&self, id_hash: &str) -> Result<Option<ActiveSession>, StoreError> {
        let row = fetch!(
            optional as Row,
            &self.reader,
            "SELECT s.user_id, u.name AS user_name, u.role, u.scope, s.signed_in_at, s.last_human_at, s.sudo_until,
                    s.rights_until,
                    (SELECT MAX(b.signed_in_at) FROM sessions b WHERE b.is_break_glass <> 0) AS break_glass_at
             FROM sessions s JOIN users u ON u.id = s.user_id
             WHERE s.id_hash = $1 AND s.revoked_at IS NULL AND u.disabled_at IS NULL",
            id_hash,
        )?;
        row.map(ActiveSession::try_from).transpose()
    }

    /// Notes that a person acted. Updates a valid row and never creates one.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn touch_session(&self, id_hash: &str, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        execute!(
            tx.on(),
            "UPDATE sessions SET last_human_at = $1 WHERE id_hash = $2 AND revoked_at IS NULL AND last_human_at < $1",
            now.as_millis(),
            id_hash,
        )?;
        tx.commit().await
    }

    /// The valid sessions of a user, most recently used first. Time limits are up to the caller.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn sessions_of(&self, user_id: &str) -> Result<Vec<OwnSession>, StoreError> {
        let rows = fetch!(
            all as OwnRow,
            &self.reader,
            "SELECT id_hash, signed_in_at, last_human_at, address, user_agent FROM sessions
             WHERE user_id = $1 AND revoked_at IS NULL ORDER BY last_human_at DESC, id_hash",
            user_id,
        )?;
        Ok(rows.into_iter().map(OwnSession::from).collect())
    }

    /// The addresses from which a user has signed in recently.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn addresses_of(&self, user_id: &str) -> Result<Vec<String>, StoreError> {
        let rows = fetch!(
            all as (String,),
            &self.reader,
            "SELECT DISTINCT address FROM sessions WHERE user_id = $1 LIMIT 1000",
            user_id
        )?;
        Ok(rows.into_iter().map(|(address,)| address).collect())
    }
}

/// Creates the session of a sign-in.
///
/// # Errors
/// When the id is taken or the database cannot be written.
pub async fn insert(tx: &mut Tx, sign_in: &SignInRecord) -> Result<(), StoreError> {
    execute!(
        tx.on(),
        "INSERT INTO sessions (id_hash, user_id, created_at, signed_in_at, last_human_at, sudo_until, revoked_at,
                               address, user_agent, is_break_glass, rights_until, provider_session_hash)
         VALUES ($1, $2, $3, $4, $3, $5, NULL, $6, $7, $8, $9, $10)",
        &sign_in.id_hash,
        &sign_in.user_id,
        sign_in.at.as_millis(),
        sign_in.signed_in_at.as_millis(),
        sign_in.sudo_until.map(Timestamp::as_millis),
        &sign_in.address,
        &sign_in.user_agent,
        i64::from(sign_in.is_break_glass),
        sign_in.rights_until.map(Timestamp::as_millis),
        &sign_in.provider_session_hash,
    )?;
    Ok(())
}

/// Ends one session of this user, and nobody else's. Returns whether there was one.
///
/// # Errors
/// When the database cannot be written.
pub async fn revoke_one(tx: &mut Tx, user_id: &str, id_hash: &str, now: Timestamp) -> Result<bool, StoreError> {
    let ended = execute!(
        tx.on(),
        "UPDATE sessions SET revoked_at = $1 WHERE user_id = $2 AND id_hash = $3 AND revoked_at IS NULL",
        now.as_millis(),
        user_id,
        id_hash,
    )?;
    Ok(ended > 0)
}

/// Ends all sessions of a user but one, and returns how many.
///
/// # Errors
/// When the database cannot be written.
pub async fn revoke_others(tx: &mut Tx, user_id: &str, kept_id_hash: &str, now: Timestamp) -> Result<u64, StoreError> {
    execute!(
        tx.on(),
        "UPDATE sessions SET revoked_at = $1 WHERE user_id = $2 AND id_hash <> $3 AND revoked_at IS NULL",
        now.as_millis(),
        user_id,
        kept_id_hash,
    )
}

/// Ends the sessions of a user that have been idle longest, so that besides one that is kept only so many are within
/// their limits. Returns how many it ended.
///
/// # Errors
/// When the database cannot be written.
pub async fn revoke_idlest(
    tx: &mut Tx,
    user_id: &str,
    kept_id_hash: &str,
    others: u32,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let (idle_since, signed_in_before) = session::over_since(now);
    execute!(
        tx.on(),
        "UPDATE sessions SET revoked_at = $1 WHERE id_hash IN (
             SELECT id_hash FROM sessions
             WHERE user_id = $2 AND id_hash <> $3 AND revoked_at IS NULL AND last_human_at > $4 AND signed_in_at > $5
             ORDER BY last_human_at DESC, signed_in_at DESC, id_hash LIMIT $6 OFFSET $7)",
        now.as_millis(),
        user_id,
        kept_id_hash,
        idle_since.as_millis(),
        signed_in_before.as_millis(),
        // SQLite has no offset without a limit.
        i64::from(u32::MAX),
        i64::from(others),
    )
}

pub(super) async fn revoke_all(tx: &mut Tx, user_id: &str, now: Timestamp) -> Result<(), StoreError> {
    execute!(
        tx.on(),
        "UPDATE sessions SET revoked_at = $1 WHERE user_id = $2 AND revoked_at IS NULL",
        now.as_millis(),
        user_id
    )?;
    Ok(())
}

/// Deletes sessions that were created before that. What was done in them stays in the audit chain.
///
/// # Errors
/// When the database cannot be written.
pub async fn prune(tx: &mut Tx, signed_in_before: Timestamp) -> Result<u64, StoreError> {
    execute!(tx.on(), "DELETE FROM sessions WHERE signed_in_at < $1", signed_in_before.as_millis())
}
