//! The table of sign-ins at the company's provider that are under way. Each ends with the browser that comes back, or
//! after ten minutes.

use super::{
    StoreError, Tx,
    database::{execute, fetch, from_row},
};
use crate::model::{
    access::provider::SignInPurpose,
    time::{MINUTE_MS, Timestamp},
};

/// How long a sign-in at the provider may take.
const VALID_MS: i64 = 10 * MINUTE_MS;
/// How many are kept; the newest are. One network may begin far fewer in the time that people take.
const KEPT: i64 = 10_000;

/// A sign-in at the provider that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartedSignIn {
    /// The SHA-256 of the state in the address.
    pub state_hash: String,
    /// The SHA-256 of the cookie of the browser that began it.
    pub browser_hash: String,
    pub nonce: String,
    pub verifier: String,
    pub purpose: SignInPurpose,
    /// The hash of the session that it renews or confirms; empty for a new one.
    pub session_hash: String,
    /// The page to continue to.
    pub next: String,
    pub begun_at: Timestamp,
}

impl StartedSignIn {
    /// Returns whether it took too long.
    pub const fn is_over(&self, now: Timestamp) -> bool {
        now.millis_since(self.begun_at) >= VALID_MS
    }
}

struct Row {
    state_hash: String,
    browser_hash: String,
    nonce: String,
    verifier: String,
    purpose: String,
    session_hash: String,
    next: String,
    begun_at: i64,
}
from_row!(Row { state_hash, browser_hash, nonce, verifier, purpose, session_hash, next, begun_at });

impl TryFrom<Row> for StartedSignIn {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let unknown = |_| StoreError::UnknownValue(format!("the purpose of a sign-in: {}", row.purpose));
        Ok(Self {
            purpose: row.purpose.parse().map_err(unknown)?,
            state_hash: row.state_hash,
            browser_hash: row.browser_hash,
            nonce: row.nonce,
            verifier: row.verifier,
            session_hash: row.session_hash,
            next: row.next,
            begun_at: Timestamp::from_millis(row.begun_at),
        })
    }
}

/// Adds a sign-in, and deletes those beyond the newest.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert(tx: &mut Tx, started: &StartedSignIn) -> Result<(), StoreError> {
    execute!(
        tx.on(),
        "INSERT INTO provider_sign_ins
         (state_hash, browser_hash, nonce, verifier, purpose, session_hash, next, begun_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &started.state_hash,
        &started.browser_hash,
        &started.nonce,
        &started.verifier,
        started.purpose.into_str(),
        &started.session_hash,
        &started.next,
        started.begun_at.as_millis(),
    )?;
    let oldest = fetch!(
        optional as (i64,),
        tx.on(),
        "SELECT begun_at FROM provider_sign_ins ORDER BY begun_at DESC LIMIT 1 OFFSET $1",
        KEPT,
    )?;
    if let Some((oldest,)) = oldest {
        execute!(tx.on(), "DELETE FROM provider_sign_ins WHERE begun_at <= $1", oldest)?;
    }
    Ok(())
}

/// Takes a sign-in out of the table: of two that ask for it, one gets it.
///
/// # Errors
/// When the database cannot be written.
pub async fn take(tx: &mut Tx, state_hash: &str) -> Result<Option<StartedSignIn>, StoreError> {
    let row = fetch!(
        optional as Row,
        tx.on(),
        "DELETE FROM provider_sign_ins WHERE state_hash = $1
         RETURNING state_hash, browser_hash, nonce, verifier, purpose, session_hash, next, begun_at",
        state_hash,
    )?;
    row.map(StartedSignIn::try_from).transpose()
}

/// Deletes sign-ins that took too long.
///
/// # Errors
/// When the database cannot be written.
pub async fn prune(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    execute!(tx.on(), "DELETE FROM provider_sign_ins WHERE begun_at < $1", now.plus_millis(-VALID_MS).as_millis())
}
