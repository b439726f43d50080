//! Rights that the provider gave count for an hour, and are renewed before. Without an answer of the provider, they go
//! on to the session's own limits; after a refusal, the session ends.

use super::{
    begin::NOBODY,
    sign_ins::{ProviderSignIns, hash_of},
};
use crate::{
    model::{
        access::{
            actor::Actor,
            audit_action::AuditAction,
            session::{RIGHTS_MS, put_off},
        },
        time::Timestamp,
    },
    server::{
        adapters::{
            oidc::{IdToken, ProviderError},
            store::{StoreError, User, provider_users, sessions as sessions_table},
        },
        services::audit::{self, AuditEvent},
    },
};

/// A session within its limits whose rights have lapsed. Its user can do nothing until they are renewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LapsedSession {
    pub session_hash: String,
    pub user_id: String,
}

impl ProviderSignIns {
    /// Returns until when rights count that the provider gives now.
    pub(super) fn rights_until(&self) -> Timestamp {
        self.clock.now().plus_millis(RIGHTS_MS)
    }

    /// Returns the hash of the provider's own session that a token names.
    pub(super) fn provider_session_hash(&self, session: Option<&str>) -> Option<String> {
        session.map(|session| hash_of(&format!("{}\n{session}", self.provider.settings().issuer)))
    }

    /// Renews the rights in a session. Returns whether it still existed.
    pub(super) async fn renew(&self, session_hash: &str, user: &User, token: &IdToken) -> Result<bool, StoreError> {
        let of_provider = self.provider_session_hash(token.provider_session.as_deref());
        let mut tx = self.store.write().await?;
        let was_live =
            provider_users::renew_session(&mut tx, session_hash, self.rights_until(), of_provider.as_deref()).await?;
        tx.commit().await?;
        self.store.forget_sessions_of(&user.id);
        Ok(was_live)
    }

    /// Lets the rights in a session count a while longer, because the provider doesn't answer.
    ///
    /// # Errors
    /// If the database can't be written.
    pub async fn put_off_renewal(&self, session_hash: &str, why: &ProviderError) -> Result<(), StoreError> {
        let Some(user) = self.store.user_of_session(session_hash).await? else { return Ok(()) };
        let mut tx = self.store.write().await?;
        provider_users::put_off_renewal(&mut tx, session_hash, put_off(self.clock.now())).await?;
        tx.commit().await?;
        self.store.forget_sessions_of(&user.id);
        tracing::warn!(
            user = user.name,
            error = %why,
            "the rights of {} can't be renewed and go on, at most to the session's own limits; tried again in a \
             minute: {why}",
            user.name
        );
        Ok(())
    }

    /// Ends a session, or all of its user's, because the provider didn't renew the rights.
    pub(super) async fn end(
        &self,
        session_hash: &str,
        client: &Actor,
        ends: Ends,
        why: &str,
    ) -> Result<(), StoreError> {
        let Some(user) = self.store.user_of_session(session_hash).await? else {
            return self.record(client, AuditAction::SessionRefused, NOBODY, why).await;
        };
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        match ends {
            Ends::This => {
                sessions_table::revoke_one(&mut tx, &user.id, session_hash, now).await?;
            }
            Ends::AllOfUser => {
                provider_users::end_sessions(&mut tx, Some(&user.id), None, now).await?;
            }
        }
        let actor = Actor { name: user.name.clone(), ..client.clone() };
        let event = AuditEvent::by(&actor, now, AuditAction::SessionEnded, &user.name);
        audit::append(&mut tx, AuditEvent { result: format!("rights not renewed: {why}"), ..event }).await?;
        tx.commit().await?;
        self.store.forget_sessions_of(&user.id);
        Ok(())
    }
}

/// Which sessions end when rights aren't renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    This,
    /// The person may do nothing here any more.
    AllOfUser,
}
