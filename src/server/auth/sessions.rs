//! Sessions over tower-sessions: our own store, in which a save never brings a revoked session back, and our own limits,
//! measured by our clock.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tower_sessions::{
    Session, SessionStore,
    session::{Id, Record},
    session_store,
};

use crate::{
    model::{
        identity::Role,
        timestamp::{HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp},
    },
    server::{
        audit::{self, AuditEvent},
        clock::Clock,
        context::Requester,
        state::Services,
        store::{SessionRow, SignInRecord, Store, StoreError, sessions as table},
    },
};

/// A session ends after this long without a person's act ...
const IDLE_MS: i64 = 15 * MINUTE_MS;
/// ... and in any case this long after the sign-in.
const ABSOLUTE_MS: i64 = 8 * HOUR_MS;
/// A person's acts are written down at most this often.
const NOTED_EVERY_MS: i64 = 20 * SECOND_MS;

/// A page does not wait longer than this for a database that is busy; the session's next act is written then.
const NOTE_TIMEOUT: Duration = Duration::from_millis(300);

/// The key under which a sign-in hands its record to the store.
const SIGN_IN: &str = "sign-in";
/// The key under which the store hands a live session out.
const LIVE: &str = "live";

/// A sign-in as the session carries it to the store: the row and its audit event are one transaction.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignIn {
    pub user_id: String,
    pub user_name: String,
    pub address: String,
    pub user_agent: String,
    /// `password` or `demo`.
    pub how: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Live {
    user_id: String,
    user_name: String,
    role: Role,
    signed_in_at: Timestamp,
    last_human_at: Timestamp,
    is_remembered: bool,
}

impl From<SessionRow> for Live {
    fn from(row: SessionRow) -> Self {
        Self {
            user_id: row.user_id,
            user_name: row.user_name,
            role: row.role,
            signed_in_at: row.signed_in_at,
            last_human_at: row.last_human_at,
            is_remembered: row.is_remembered,
        }
    }
}

/// The store behind tower-sessions.
#[derive(Debug, Clone)]
pub struct Sessions {
    store: Store,
    clock: Arc<dyn Clock>,
}

impl Sessions {
    pub const fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }
}

#[async_trait]
impl SessionStore for Sessions {
    /// Makes the session of a sign-in, with its audit event. There are no other sessions: without a sign-in it is an error.
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        let sign_in = record.data.remove(SIGN_IN).ok_or_else(|| session_store::Error::Backend("no anonymous sessions".to_owned()))?;
        let sign_in: SignIn = serde_json::from_value(sign_in).map_err(|error| session_store::Error::Decode(error.to_string()))?;
        let at = self.clock.now();
        let row = SignInRecord { id_hash: hash_of(&record.id), user_id: sign_in.user_id, at };
        let event = AuditEvent {
            at,
            actor: sign_in.user_name.clone(),
            address: sign_in.address,
            user_agent: sign_in.user_agent,
            action: "session.signed-in".to_owned(),
            target: sign_in.user_name,
            result: format!("by {}", sign_in.how),
            ..AuditEvent::default()
        };
        let write = async {
            let mut tx = self.store.write().await?;
            table::insert(&mut tx, &row).await?;
            audit::append(&mut tx, event).await?;
            tx.commit().await
        };
        write.await.map_err(backend)
    }

    /// Session data is written at sign-in only, so there is nothing to save; above all, nothing is inserted.
    async fn save(&self, _record: &Record) -> session_store::Result<()> {
        Ok(())
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let Some(row) = self.store.session(&hash_of(id)).await.map_err(backend)? else { return Ok(None) };
        let live = serde_json::to_value(Live::from(row)).map_err(|error| session_store::Error::Encode(error.to_string()))?;
        let expiry_date = tower_sessions::cookie::time::OffsetDateTime::UNIX_EPOCH;
        Ok(Some(Record { id: *id, data: [(LIVE.to_owned(), live)].into(), expiry_date }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        self.store.revoke_session(&hash_of(id), self.clock.now()).await.map_err(backend)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
fn backend(error: StoreError) -> session_store::Error {
    session_store::Error::Backend(error.to_string())
}

/// What stands in the database for a session's id.
fn hash_of(id: &Id) -> String {
    hex::encode(Sha256::digest(id.to_string().as_bytes()))
}

/// The person behind a session that is within its limits. One that is past them is ended.
///
/// # Errors
/// When the database cannot be read.
pub async fn requester(
    session: &Session,
    now: Timestamp,
    address: String,
    user_agent: String,
) -> Result<Option<Requester>, tower_sessions::session::Error> {
    let Some(live) = session.get::<Live>(LIVE).await? else { return Ok(None) };
    let is_over = now.millis_since(live.last_human_at) >= IDLE_MS || now.millis_since(live.signed_in_at) >= ABSOLUTE_MS;
    if is_over {
        session.flush().await?;
        return Ok(None);
    }
    let session_hash = session.id().map(|id| hash_of(&id)).unwrap_or_default();
    Ok(Some(Requester {
        user_id: live.user_id,
        user_name: live.user_name,
        role: live.role,
        address,
        user_agent,
        session_hash,
        last_human_at: live.last_human_at,
        is_remembered: live.is_remembered,
    }))
}

/// Begins the session of a sign-in under a new id; whatever session there was ends.
///
/// # Errors
/// When the former session could not be ended.
pub async fn begin(session: &Session, sign_in: &SignIn) -> Result<(), tower_sessions::session::Error> {
    session.flush().await?;
    session.insert(SIGN_IN, sign_in).await
}

/// Notes that the person acted, at most every 20 s.
pub async fn note_human(services: &Services, requester: &Requester) {
    let now = services.clock.now();
    if now.millis_since(requester.last_human_at) < NOTED_EVERY_MS {
        return;
    }
    match tokio::time::timeout(NOTE_TIMEOUT, services.store.touch_session(&requester.session_hash, now)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "a session's last act could not be written: {error}"),
        Err(_) => tracing::warn!("a session's last act could not be written in time: the database is busy"),
    }
}

/// Whether a session is still good: asked again and again by open event streams.
pub async fn is_live(services: &Services, requester: &Requester) -> bool {
    let now = services.clock.now();
    match services.store.session(&requester.session_hash).await {
        Ok(Some(row)) => {
            now.millis_since(row.last_human_at) < IDLE_MS && now.millis_since(row.signed_in_at) < ABSOLUTE_MS && row.role == requester.role
        }
        // A database that cannot be read ends nobody's view of what is known.
        Err(_) => true,
        Ok(None) => false,
    }
}
