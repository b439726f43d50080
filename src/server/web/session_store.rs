//! Sessions over tower-sessions: its store, in which a save never revives a revoked session, and the lookup from a
//! cookie to its user. `services::accounts::sessions` defines how long sessions live and how they end.

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use tower_sessions::{
    Session, SessionStore,
    session::{Id, Record},
    session_store,
};

use crate::{
    model::{
        access::{
            requester::Requester,
            session::{ActiveSession, Rights, rights_at},
        },
        time::Timestamp,
    },
    server::services::accounts::{new_session::SignIn, provider::LapsedSession, sessions::Sessions},
};

/// The key under which a sign-in passes its record to the store.
const SIGN_IN: &str = "sign-in";
/// The key under which the store returns a live session.
const LIVE: &str = "live";

/// The store behind tower-sessions.
#[derive(Debug, Clone)]
pub struct SessionRecords(pub Sessions);

#[async_trait]
impl SessionStore for SessionRecords {
    /// Creates the session of a sign-in, with its audit event. Fails without a sign-in, because there are no anonymous
    /// sessions.
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        // A flushed session keeps its id in memory; signing in again must still get a new one.
        record.id = Id::default();
        let sign_in = record
            .data
            .remove(SIGN_IN)
            .ok_or_else(|| session_store::Error::Backend("no anonymous sessions".to_owned()))?;
        let sign_in: SignIn =
            serde_json::from_value(sign_in).map_err(|error| session_store::Error::Decode(error.to_string()))?;
        self.0.begin(hash_of(&record.id), sign_in).await.map_err(backend)
    }

    /// Does nothing: session data is written only at sign-in. Above all, it inserts nothing.
    async fn save(&self, _record: &Record) -> session_store::Result<()> {
        Ok(())
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let Some(live) = self.0.find(&hash_of(id)).await.map_err(backend)? else { return Ok(None) };
        let live = serde_json::to_value(live).map_err(|error| session_store::Error::Encode(error.to_string()))?;
        let expiry_date = tower_sessions::cookie::time::OffsetDateTime::UNIX_EPOCH;
        Ok(Some(Record { id: *id, data: [(LIVE.to_owned(), live)].into(), expiry_date }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        self.0.revoke(&hash_of(id)).await.map_err(backend)
    }
}

fn backend(error: impl std::fmt::Display) -> session_store::Error {
    session_store::Error::Backend(error.to_string())
}

/// Returns the hash that the database stores for a session id.
fn hash_of(id: &Id) -> String {
    hex::encode(Sha256::digest(id.to_string().as_bytes()))
}

/// The result of looking up a session cookie.
#[derive(Debug)]
pub enum Found {
    Person(Requester),
    /// The session is within its limits, but the company's provider hasn't renewed its rights.
    Lapsed(LapsedSession),
    /// The session is past its limits.
    Over {
        user_id: String,
    },
    Nobody,
}

/// Returns the user of a session within its limits.
///
/// # Errors
/// Returns an error if the database cannot be read.
pub async fn requester(
    session: &Session,
    now: Timestamp,
    address: String,
    user_agent: String,
) -> Result<Found, tower_sessions::session::Error> {
    let Some(live) = session.get::<ActiveSession>(LIVE).await? else { return Ok(Found::Nobody) };
    if live.is_over(now) {
        return Ok(Found::Over { user_id: live.user_id });
    }
    let session_hash = session.id().map(|id| hash_of(&id)).unwrap_or_default();
    if rights_at(live.rights_until, now) == Rights::Lapsed {
        return Ok(Found::Lapsed(LapsedSession { session_hash, user_id: live.user_id }));
    }
    Ok(Found::Person(Requester {
        user_id: live.user_id,
        user_name: live.user_name,
        role: live.role,
        scope: live.scope,
        address,
        user_agent,
        session_hash,
        signed_in_at: live.signed_in_at,
        last_human_at: live.last_human_at,
        sudo_until: live.sudo_until,
        break_glass_at: live.break_glass_at,
        rights_until: live.rights_until,
        is_remembered: live.is_remembered,
    }))
}

/// Begins the session of a sign-in under a new id, and ends any previous session.
///
/// # Errors
/// Returns an error if the previous session could not be ended.
pub async fn begin(session: &Session, sign_in: SignIn) -> Result<(), tower_sessions::session::Error> {
    if session.id().is_some() {
        session.flush().await?;
    }
    session.insert(SIGN_IN, sign_in).await
}

/// Removes the cookie of a session that has ended in the database.
pub async fn forget(session: &Session) {
    if let Err(error) = session.flush().await {
        tracing::warn!(%error, "the cookie of a session that has ended could not be taken away: {error}");
    }
}
