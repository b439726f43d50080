//! Sessions: how they begin, which activity extends them, and how they end. Limits depend only on our clock.

use std::{sync::Arc, time::Duration};

use super::{
    new_session::{How, SignIn},
    session_watch::SessionWatch,
    sign_in_counts::count_session,
};
use crate::{
    model::{
        access::{
            actor::Actor,
            requester::Requester,
            session::{ActiveSession, MOST_SESSIONS, Rights, SUDO_MS, is_over, rights_at},
        },
        time::SECOND_MS,
    },
    server::{
        adapters::{
            clock::{Clock, timeout},
            store::{OwnSession, SignInRecord, Store, StoreError, sessions as table, users},
        },
        services::audit::{self, AuditAction, AuditEvent},
    },
};

/// A user's activity is recorded at most this often.
const NOTED_EVERY_MS: i64 = 20 * SECOND_MS;

/// How long a page waits for a busy database to record activity. After that, the next activity is recorded instead.
const NOTE_TIMEOUT: Duration = Duration::from_millis(300);

/// Everyone's sessions. They are named by the SHA-256 of their id; only the web knows the id itself.
#[derive(Debug, Clone)]
pub struct Sessions {
    store: Store,
    clock: Arc<dyn Clock>,
}

impl Sessions {
    pub const fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Begins the session of a sign-in, and ends the user's longest-idle ones beyond [`MOST_SESSIONS`].
    ///
    /// # Errors
    /// If the user was disabled or got another password meanwhile, or the database can't be written.
    pub async fn begin(&self, id_hash: String, sign_in: SignIn) -> Result<(), StoreError> {
        let at = self.clock.now();
        let signed_in_at = match sign_in.how {
            How::Again { signed_in_at } | How::ProviderAgain { signed_in_at } => signed_in_at,
            How::Password | How::Demo | How::Provider => at,
        };
        // A session of the provider may be hours old: what counts is when the person last proved who they are.
        let proven_at = match &sign_in.of_provider {
            Some(rights) => rights.proven_at.map(|proven_at| proven_at.min(at)),
            None => Some(at),
        };
        let row = SignInRecord {
            id_hash,
            user_id: sign_in.user_id,
            at,
            signed_in_at,
            sudo_until: proven_at.map(|proven_at| proven_at.plus_millis(SUDO_MS)),
            address: sign_in.address.clone(),
            user_agent: sign_in.user_agent.clone(),
            is_break_glass: sign_in.is_break_glass,
            rights_until: sign_in.of_provider.as_ref().map(|rights| rights.until),
            provider_session_hash: sign_in.of_provider.as_ref().and_then(|rights| rights.session_hash.clone()),
        };
        let actor = Actor { name: sign_in.user_name.clone(), address: sign_in.address, user_agent: sign_in.user_agent };
        let words = sign_in.how.label();
        let result =
            if sign_in.is_break_glass { format!("{words}; account for emergencies") } else { words.to_owned() };
        let event = AuditEvent { result, ..AuditEvent::by(&actor, at, sign_in.how.action(), &sign_in.user_name) };
        let mut tx = self.store.write().await?;
        // The user may have been disabled, or got another password, while this one was being verified.
        let user = users::find(&mut tx, &row.user_id).await?;
        let is_as_it_was =
            user.is_some_and(|user| user.disabled_at.is_none() && user.password_hash == sign_in.password_hash);
        if !is_as_it_was {
            return Err(StoreError::NotHeld);
        }
        table::insert(&mut tx, &row).await?;
        audit::append(&mut tx, event).await?;
        let ended = table::revoke_idlest(&mut tx, &row.user_id, &row.id_hash, MOST_SESSIONS - 1, at).await?;
        if ended > 0 {
            let event = AuditEvent::by(&actor, at, AuditAction::SessionEnded, &sign_in.user_name);
            let result = format!("{ended} idle longest of more than {MOST_SESSIONS}");
            audit::append(&mut tx, AuditEvent { result, ..event }).await?;
        }
        tx.commit().await?;
        if ended > 0 {
            self.store.forget_sessions_of(&row.user_id);
        }
        count_session(sign_in.how, sign_in.is_break_glass);
        if sign_in.is_break_glass && sign_in.how == How::Password {
            // Alerts whoever watches the log. Everyone else sees it on every page.
            tracing::error!(
                user = sign_in.user_name,
                address = actor.address,
                "ALERT: the account for emergencies {} signed in",
                sign_in.user_name
            );
        }
        Ok(())
    }

    /// Returns the session with this hash, unless it was ended. It may be past its limits.
    ///
    /// # Errors
    /// If the database can't be read.
    pub async fn find(&self, id_hash: &str) -> Result<Option<ActiveSession>, StoreError> {
        self.store.session(id_hash).await
    }

    /// Ends a session without an audit event: it was over, or another one replaces it.
    ///
    /// # Errors
    /// If the database can't be written.
    pub async fn revoke(&self, id_hash: &str) -> Result<(), StoreError> {
        self.store.revoke_session(id_hash, self.clock.now()).await
    }

    /// Records that the user was active, at most every 20 s.
    pub async fn record_human(&self, requester: &Requester) {
        let now = self.clock.now();
        if now.millis_since(requester.last_human_at) < NOTED_EVERY_MS {
            return;
        }
        match timeout(NOTE_TIMEOUT, self.store.touch_session(&requester.session_hash, now)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "a session's last act could not be written: {error}"),
            Err(_) => tracing::warn!("a session's last act could not be written in time: the database is busy"),
        }
    }

    /// Returns whether a session is still valid. Open event streams check this repeatedly.
    pub async fn is_live(&self, requester: &Requester) -> bool {
        let now = self.clock.now();
        match self.store.session(&requester.session_hash).await {
            Ok(Some(session)) => {
                !session.is_over(now)
                    && rights_at(session.rights_until, now) != Rights::Lapsed
                    && session.role == requester.role
                    && session.scope == requester.scope
            }
            // If the database can't be read, viewing may continue.
            Err(_) => true,
            Ok(None) => false,
        }
    }

    /// Watches the session of an open connection.
    pub fn watch(&self, requester: &Requester, check_every: Duration) -> SessionWatch {
        SessionWatch::new(self.store.session_changes_of(&requester.user_id), check_every)
    }

    /// Returns a user's valid sessions, the most recently used first.
    ///
    /// # Errors
    /// If the database can't be read.
    pub async fn own(&self, requester: &Requester) -> Result<Vec<OwnSession>, StoreError> {
        let now = self.clock.now();
        let mut sessions = self.store.sessions_of(&requester.user_id).await?;
        sessions.retain(|session| !is_over(session.signed_in_at, session.last_human_at, now));
        Ok(sessions)
    }

    /// Ends a session at its user's request, whatever the state of its rights.
    ///
    /// # Errors
    /// If it couldn't be written; then the session hasn't ended.
    pub async fn sign_out(&self, user: &Actor, user_id: &str, session_hash: &str) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        table::revoke_one(&mut tx, user_id, session_hash, now).await?;
        let event = AuditEvent::by(user, now, AuditAction::SessionSignedOut, &user.name);
        audit::append(&mut tx, event).await?;
        tx.commit().await?;
        self.store.forget_sessions_of(user_id);
        Ok(())
    }

    /// Signs out of a session that allows nothing any more. It is still there if only its rights have lapsed; then
    /// `lapsed` is its hash. Returns whether its user is the company's provider's.
    ///
    /// # Errors
    /// If the database can't be read, or the end couldn't be written.
    pub async fn sign_out_late(&self, client: Actor, user_id: &str, lapsed: Option<&str>) -> Result<bool, StoreError> {
        let Some(user) = self.store.user(user_id).await? else { return Ok(false) };
        if let Some(session_hash) = lapsed {
            self.sign_out(&Actor { name: user.name, ..client }, user_id, session_hash).await?;
        }
        Ok(user.of_provider.is_some())
    }

    /// Ends the session of a request so that another can replace it. Returns whether it still existed.
    ///
    /// # Errors
    /// If it couldn't be written; then the session hasn't ended.
    pub async fn claim(&self, requester: &Requester) -> Result<bool, StoreError> {
        let mut tx = self.store.write().await?;
        let was_live =
            table::revoke_one(&mut tx, &requester.user_id, &requester.session_hash, self.clock.now()).await?;
        tx.commit().await?;
        self.store.forget_sessions_of(&requester.user_id);
        Ok(was_live)
    }

    /// Ends one of a user's own sessions. Returns whether it existed.
    ///
    /// # Errors
    /// If it couldn't be written; then the session hasn't ended.
    pub async fn end_own(&self, requester: &Requester, id_hash: &str) -> Result<bool, StoreError> {
        requester.require_certain()?;
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        let has_ended = table::revoke_one(&mut tx, &requester.user_id, id_hash, now).await?;
        if has_ended {
            let event = AuditEvent::by(&requester.actor(), now, AuditAction::SessionEnded, &requester.user_name);
            audit::append(&mut tx, event).await?;
            tx.commit().await?;
            self.store.forget_sessions_of(&requester.user_id);
        }
        Ok(has_ended)
    }

    /// Ends all of a user's sessions except the one of this request.
    ///
    /// # Errors
    /// If it couldn't be written; then none has ended.
    pub async fn end_others(&self, requester: &Requester) -> Result<(), StoreError> {
        requester.require_certain()?;
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        let ended = table::revoke_others(&mut tx, &requester.user_id, &requester.session_hash, now).await?;
        if ended == 0 {
            return Ok(());
        }
        let event = AuditEvent::by(&requester.actor(), now, AuditAction::SessionOthersEnded, &requester.user_name);
        audit::append(&mut tx, AuditEvent { result: format!("{ended} sessions"), ..event }).await?;
        tx.commit().await?;
        self.store.forget_sessions_of(&requester.user_id);
        Ok(())
    }
}
