//! People of the company's provider in the tables of users and sessions.

use super::{
    Store, StoreError, Tx, User,
    database::{execute, fetch},
    users::{self, UserRow},
};
use crate::model::{
    access::provider::{ProviderName, ProviderSubject},
    time::Timestamp,
};

/// The user who is this subject at the company's provider, as this transaction sees it.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(tx: &mut Tx, of: &ProviderSubject) -> Result<Option<User>, StoreError> {
    let row = fetch!(
        optional as UserRow,
        tx.on(),
        "SELECT * FROM users WHERE issuer = $1 AND subject = $2",
        &of.issuer,
        &of.subject,
    )?;
    row.map(User::try_from).transpose()
}

/// Whether a user has a name, as this transaction sees it.
///
/// # Errors
/// When the database cannot be read.
pub async fn is_name_taken(tx: &mut Tx, name: &ProviderName) -> Result<bool, StoreError> {
    let (count,) = fetch!(one as (i64,), tx.on(), "SELECT COUNT(*) FROM users WHERE folded_name = $1", name.folded())?;
    Ok(count > 0)
}

/// Adds a user of the company's provider.
///
/// # Errors
/// When the name is taken or the database cannot be written.
pub async fn insert(tx: &mut Tx, user: &User, name: &ProviderName, now: Timestamp) -> Result<(), StoreError> {
    users::insert_as(tx, user, &name.folded(), now).await
}

/// Notes that a user may do nothing any more, unless that is noted already. Setting the rights anew ends that.
///
/// # Errors
/// When the database cannot be written.
pub async fn end_rights(tx: &mut Tx, user_id: &str, now: Timestamp) -> Result<(), StoreError> {
    execute!(
        tx.on(),
        "UPDATE users SET rights_ended_at = $1 WHERE id = $2 AND rights_ended_at IS NULL",
        now.as_millis(),
        user_id,
    )?;
    Ok(())
}

/// Renews the rights in a session that hasn't ended, and notes the provider's own session. Returns whether there was
/// one.
///
/// # Errors
/// When the database cannot be written.
pub async fn renew_session(
    tx: &mut Tx,
    id_hash: &str,
    rights_until: Timestamp,
    provider_session_hash: Option<&str>,
) -> Result<bool, StoreError> {
    let renewed = execute!(
        tx.on(),
        "UPDATE sessions SET rights_until = $1, provider_session_hash = $2
         WHERE id_hash = $3 AND revoked_at IS NULL AND rights_until IS NOT NULL",
        rights_until.as_millis(),
        provider_session_hash,
        id_hash,
    )?;
    Ok(renewed > 0)
}

/// Lets the rights in a session count until a later time, if they don't already.
///
/// # Errors
/// When the database cannot be written.
pub async fn put_off_renewal(tx: &mut Tx, id_hash: &str, rights_until: Timestamp) -> Result<(), StoreError> {
    execute!(
        tx.on(),
        "UPDATE sessions SET rights_until = $1 WHERE id_hash = $2 AND revoked_at IS NULL AND rights_until < $1",
        rights_until.as_millis(),
        id_hash,
    )?;
    Ok(())
}

/// Ends the sessions of a user, or those of one session of the provider, or those of both. A user's session of which
/// the provider named no session counts as any. Returns whose have ended.
///
/// # Errors
/// When the database cannot be written.
pub async fn end_sessions(
    tx: &mut Tx,
    user_id: Option<&str>,
    provider_session_hash: Option<&str>,
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let rows = match (user_id, provider_session_hash) {
        (Some(user_id), Some(of_provider)) => fetch!(
            all as (String,),
            tx.on(),
            "UPDATE sessions SET revoked_at = $1 WHERE revoked_at IS NULL AND rights_until IS NOT NULL AND user_id = $2
             AND (provider_session_hash = $3 OR provider_session_hash IS NULL) RETURNING user_id",
            now.as_millis(),
            user_id,
            of_provider,
        )?,
        (Some(user_id), None) => fetch!(
            all as (String,),
            tx.on(),
            "UPDATE sessions SET revoked_at = $1 WHERE revoked_at IS NULL AND rights_until IS NOT NULL AND user_id = $2
             RETURNING user_id",
            now.as_millis(),
            user_id,
        )?,
        (None, Some(of_provider)) => fetch!(
            all as (String,),
            tx.on(),
            "UPDATE sessions SET revoked_at = $1 WHERE revoked_at IS NULL AND rights_until IS NOT NULL
             AND provider_session_hash = $2 RETURNING user_id",
            now.as_millis(),
            of_provider,
        )?,
        (None, None) => Vec::new(),
    };
    Ok(rows.into_iter().map(|(user_id,)| user_id).collect())
}

impl Store {
    /// The user of a session that hasn't ended, whatever the state of its rights.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn user_of_session(&self, id_hash: &str) -> Result<Option<User>, StoreError> {
        let row = fetch!(
            optional as UserRow,
            &self.reader,
            "SELECT u.* FROM users u JOIN sessions s ON s.user_id = u.id
             WHERE s.id_hash = $1 AND s.revoked_at IS NULL AND u.disabled_at IS NULL",
            id_hash,
        )?;
        row.map(User::try_from).transpose()
    }
}
