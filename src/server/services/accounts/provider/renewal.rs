//! Rights that the provider gave count for an hour, and are renewed before. Without an answer of the provider, they go
//! on to the session's own limits; after a refusal, the session ends.

use super::sign_ins::{ProviderSignIns, hash_of};
use crate::{
    model::{
        access::{
            actor::Actor,
            audit_action::AuditAction,
            audit_event::COMPANY_SIGN_IN,
            provider::ProviderSubject,
            session::{RIGHTS_MS, put_off},
        },
        time::Timestamp,
    },
    server::{
        adapters::{
            oidc::{IdToken, ProviderError},
            store::{StoreError, User, provider_users, sessions as sessions_table},
        },
        services::{
            accounts::sign_in_counts::{Method, count_refusal},
            audit::{self, AuditEvent},
        },
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

    /// Ends a session because the provider didn't renew its rights.
    pub(super) async fn end(&self, session_hash: &str, client: &Actor, why: &str) -> Result<(), StoreError> {
        let Some(user) = self.store.user_of_session(session_hash).await? else {
            return self.record(client, AuditAction::SessionRefused, COMPANY_SIGN_IN, why).await;
        };
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        sessions_table::revoke_one(&mut tx, &user.id, session_hash, now).await?;
        let event = AuditEvent::by(&as_user(client, &user), now, AuditAction::SessionEnded, &user.name);
        audit::append(&mut tx, AuditEvent { result: not_renewed(why), ..event }).await?;
        tx.commit().await?;
        self.store.forget_sessions_of(&user.id);
        Ok(())
    }

    /// Ends all that a person may do here, in every session and in changes that wait, because the provider no longer
    /// says what it is.
    pub(super) async fn end_rights(
        &self,
        subject: &ProviderSubject,
        client: &Actor,
        why: &str,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        let Some(user) = provider_users::find(&mut tx, subject).await? else {
            drop(tx);
            return self.record(client, AuditAction::SessionRefused, COMPANY_SIGN_IN, why).await;
        };
        provider_users::end_rights(&mut tx, &user.id, now).await?;
        let ended = provider_users::end_sessions(&mut tx, Some(&user.id), None, now).await?;
        let (action, result) = match ended.is_empty() {
            true => (AuditAction::SessionRefused, why.to_owned()),
            false => (AuditAction::SessionEnded, not_renewed(why)),
        };
        count_refusal(Method::Provider, action);
        let event = AuditEvent::by(&as_user(client, &user), now, action, &user.name);
        audit::append(&mut tx, AuditEvent { result, ..event }).await?;
        tx.commit().await?;
        self.store.forget_sessions_of(&user.id);
        Ok(())
    }
}

fn as_user(client: &Actor, user: &User) -> Actor {
    Actor { name: user.name.clone(), ..client.clone() }
}

fn not_renewed(why: &str) -> String {
    format!("rights not renewed: {why}")
}
