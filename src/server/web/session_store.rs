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

use super::{context::Requester, state::Services};
use crate::{
    model::{
        access::{identity::Role, scope::Scope},
        time::{HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp},
    },
    server::{
        adapters::{
            clock::{Clock, timeout},
            store::{SessionRow, SignInRecord, Store, StoreError, sessions as table, users},
        },
        services::audit::{self, Actor, AuditEvent},
    },
};

/// A session ends after this long without a person's act ...
const IDLE_MS: i64 = 15 * MINUTE_MS;
/// ... and in any case this long after the sign-in.
const ABSOLUTE_MS: i64 = 8 * HOUR_MS;
/// Who has just shown a password counts as being there for this long, whatever is done meanwhile.
pub const SUDO_MS: i64 = 10 * MINUTE_MS;
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
    pub is_break_glass: bool,
    /// What the password was held against: the user must still have it when the session begins.
    pub password_hash: Option<String>,
    pub how: How,
}

/// What a session begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    Password,
    /// One of the demo's buttons.
    Demo,
    /// The same person has shown the password once more. The day's work ends when it would have ended.
    Again {
        signed_in_at: Timestamp,
    },
}

impl How {
    const fn action(self) -> &'static str {
        match self {
            Self::Password | Self::Demo => "session.signed-in",
            Self::Again { .. } => "session.confirmed",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Password | Self::Again { .. } => "by password",
            Self::Demo => "by demo",
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Live {
    user_id: String,
    user_name: String,
    role: Role,
    scope: Scope,
    signed_in_at: Timestamp,
    last_human_at: Timestamp,
    sudo_until: Option<Timestamp>,
    break_glass_at: Option<Timestamp>,
    is_remembered: bool,
}

impl From<SessionRow> for Live {
    fn from(row: SessionRow) -> Self {
        Self {
            user_id: row.user_id,
            user_name: row.user_name,
            role: row.role,
            scope: row.scope,
            signed_in_at: row.signed_in_at,
            last_human_at: row.last_human_at,
            sudo_until: row.sudo_until,
            break_glass_at: row.break_glass_at,
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
        // A session that was flushed keeps its id in memory: whoever signs in again gets another one all the same.
        record.id = Id::default();
        let sign_in = record.data.remove(SIGN_IN).ok_or_else(|| session_store::Error::Backend("no anonymous sessions".to_owned()))?;
        let sign_in: SignIn = serde_json::from_value(sign_in).map_err(|error| session_store::Error::Decode(error.to_string()))?;
        let at = self.clock.now();
        let signed_in_at = match sign_in.how {
            How::Again { signed_in_at } => signed_in_at,
            How::Password | How::Demo => at,
        };
        let row = SignInRecord {
            id_hash: hash_of(&record.id),
            user_id: sign_in.user_id,
            at,
            signed_in_at,
            sudo_until: at.plus_millis(SUDO_MS),
            address: sign_in.address.clone(),
            user_agent: sign_in.user_agent.clone(),
            is_break_glass: sign_in.is_break_glass,
        };
        let actor = Actor { name: sign_in.user_name.clone(), address: sign_in.address, user_agent: sign_in.user_agent };
        let words = sign_in.how.words();
        let result = if sign_in.is_break_glass { format!("{words}; account for emergencies") } else { words.to_owned() };
        let event = AuditEvent { result, ..AuditEvent::by(&actor, at, sign_in.how.action(), &sign_in.user_name) };
        let write = async {
            let mut tx = self.store.write().await?;
            // Whoever was disabled or given another password while this one was looked at is not signed in.
            let user = users::find(&mut tx, &row.user_id).await?;
            let is_as_it_was = user.is_some_and(|user| user.disabled_at.is_none() && user.password_hash == sign_in.password_hash);
            if !is_as_it_was {
                return Err(StoreError::NotHeld);
            }
            table::insert(&mut tx, &row).await?;
            audit::append(&mut tx, event).await?;
            tx.commit().await
        };
        write.await.map_err(backend)?;
        if sign_in.is_break_glass && sign_in.how == How::Password {
            // For whoever is woken by the log: everybody else sees it on every page.
            tracing::error!(
                user = sign_in.user_name,
                address = actor.address,
                "ALERT: the account for emergencies {} signed in",
                sign_in.user_name
            );
        }
        Ok(())
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

/// What a session's cookie stands for.
#[derive(Debug)]
pub enum Found {
    Person(Requester),
    /// It was over, and has been ended just now.
    Over,
    Nobody,
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
) -> Result<Found, tower_sessions::session::Error> {
    let Some(live) = session.get::<Live>(LIVE).await? else { return Ok(Found::Nobody) };
    if is_over(live.signed_in_at, live.last_human_at, now) {
        session.flush().await?;
        return Ok(Found::Over);
    }
    let session_hash = session.id().map(|id| hash_of(&id)).unwrap_or_default();
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
        is_remembered: live.is_remembered,
    }))
}

/// Whether a session is past one of its limits.
pub const fn is_over(signed_in_at: Timestamp, last_human_at: Timestamp, now: Timestamp) -> bool {
    now.millis_since(last_human_at) >= IDLE_MS || now.millis_since(signed_in_at) >= ABSOLUTE_MS
}

/// Begins the session of a sign-in under a new id; whatever session there was ends.
///
/// # Errors
/// When the former session could not be ended.
pub async fn begin(session: &Session, sign_in: &SignIn) -> Result<(), tower_sessions::session::Error> {
    if session.id().is_some() {
        session.flush().await?;
    }
    session.insert(SIGN_IN, sign_in).await
}

/// Notes that the person acted, at most every 20 s.
pub async fn record_human(services: &Services, requester: &Requester) {
    let now = services.clock.now();
    if now.millis_since(requester.last_human_at) < NOTED_EVERY_MS {
        return;
    }
    match timeout(NOTE_TIMEOUT, services.store.touch_session(&requester.session_hash, now)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "a session's last act could not be written: {error}"),
        Err(_) => tracing::warn!("a session's last act could not be written in time: the database is busy"),
    }
}

/// Whether a session is still good: asked again and again by open event streams.
pub async fn is_live(services: &Services, requester: &Requester) -> bool {
    let now = services.clock.now();
    match services.store.session(&requester.session_hash).await {
        Ok(Some(row)) => !is_over(row.signed_in_at, row.last_human_at, now) && row.role == requester.role && row.scope == requester.scope,
        // A database that cannot be read ends nobody's view of what is known.
        Err(_) => true,
        Ok(None) => false,
    }
}

/// Ends the session of this request, as its person asks.
///
/// # Errors
/// When it could not be written: then it has not ended.
pub async fn sign_out(services: &Services, requester: &Requester) -> Result<(), StoreError> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    table::revoke_one(&mut tx, &requester.user_id, &requester.session_hash, now).await?;
    audit::append(&mut tx, AuditEvent::by(&requester.actor(), now, "session.signed-out", &requester.user_name)).await?;
    tx.commit().await?;
    services.store.forget_sessions();
    Ok(())
}

/// Ends the session of this request so that another one can take its place; whether it was still there.
///
/// # Errors
/// When it could not be written: then it has not ended.
pub async fn claim(services: &Services, requester: &Requester) -> Result<bool, StoreError> {
    let mut tx = services.store.write().await?;
    let was_live = table::revoke_one(&mut tx, &requester.user_id, &requester.session_hash, services.clock.now()).await?;
    tx.commit().await?;
    services.store.forget_sessions();
    Ok(was_live)
}

/// Ends one of a person's own sessions; whether there was one.
///
/// # Errors
/// When it could not be written: then it has not ended.
pub async fn end_own(services: &Services, requester: &Requester, id_hash: &str) -> Result<bool, StoreError> {
    requester.require_certain()?;
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let has_ended = table::revoke_one(&mut tx, &requester.user_id, id_hash, now).await?;
    if has_ended {
        audit::append(&mut tx, AuditEvent::by(&requester.actor(), now, "session.ended", &requester.user_name)).await?;
        tx.commit().await?;
        services.store.forget_sessions();
    }
    Ok(has_ended)
}

/// Ends all of a person's sessions but the one of this request.
///
/// # Errors
/// When it could not be written: then none has ended.
pub async fn end_others(services: &Services, requester: &Requester) -> Result<(), StoreError> {
    requester.require_certain()?;
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let ended = table::revoke_others(&mut tx, &requester.user_id, &requester.session_hash, now).await?;
    if ended == 0 {
        return Ok(());
    }
    let event = AuditEvent::by(&requester.actor(), now, "session.others-ended", &requester.user_name);
    audit::append(&mut tx, AuditEvent { result: format!("{ended} sessions"), ..event }).await?;
    tx.commit().await?;
    services.store.forget_sessions();
    Ok(())
}
