//! Logouts that the provider announces by itself, over the back channel.

use thiserror::Error;

use super::sign_ins::{ProviderSignIns, hash_of};
use crate::{
    model::access::{
        actor::Actor,
        audit_action::AuditAction,
        audit_event::COMPANY_SIGN_IN,
        provider::{ProviderSubject, is_subject},
    },
    server::{
        adapters::{
            oidc::ProviderError,
            store::{StoreError, Tx, provider_logouts, provider_users, users},
        },
        services::audit::{self, AuditEvent},
    },
};

/// Why a logout wasn't accepted.
#[derive(Debug, Error)]
pub enum LogoutError {
    #[error(transparent)]
    Token(ProviderError),
    #[error("the logout token was used before")]
    Used,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ProviderSignIns {
    /// Ends the sessions that a logout token names. Their event connections end within seconds, also on other
    /// instances.
    ///
    /// # Errors
    /// If the token isn't valid or was used before, or the database can't be written.
    pub async fn log_out(&self, token: &str) -> Result<(), LogoutError> {
        let token = self.provider.logout_token(token).await.map_err(LogoutError::Token)?;
        let issuer = &self.provider.settings().issuer;
        let of_provider = self.provider_session_hash(token.provider_session.as_deref());
        let mut tx = self.store.write().await?;
        let id_hash = hash_of(&format!("{issuer}\n{}", token.id));
        if !provider_logouts::note(&mut tx, &id_hash, of_provider.as_deref(), token.over_at).await? {
            return Err(LogoutError::Used);
        }
        let ended = match token.subject.filter(|subject| is_subject(subject)) {
            None => provider_users::end_sessions(&mut tx, None, of_provider.as_deref(), self.clock.now()).await?,
            Some(subject) => {
                let subject = ProviderSubject { issuer: issuer.clone(), subject };
                match provider_users::find(&mut tx, &subject).await? {
                    Some(user) => {
                        let (id, of_provider) = (Some(user.id.as_str()), of_provider.as_deref());
                        provider_users::end_sessions(&mut tx, id, of_provider, self.clock.now()).await?
                    }
                    None => Vec::new(),
                }
            }
        };
        self.record_ended(&mut tx, &ended).await?;
        tx.commit().await?;
        for user_id in &ended {
            self.store.forget_sessions_of(user_id);
        }
        Ok(())
    }

    async fn record_ended(&self, tx: &mut Tx, ended: &[String]) -> Result<(), StoreError> {
        let mut user_ids: Vec<&String> = ended.iter().collect();
        user_ids.sort();
        user_ids.dedup();
        for user_id in user_ids {
            let sessions = ended.iter().filter(|id| *id == user_id).count();
            let name = users::find(tx, user_id).await?.map(|user| user.name).unwrap_or_default();
            let event = AuditEvent::by_server(self.clock.now(), AuditAction::SessionEnded, &name);
            let result = format!("{sessions} ended by the provider's logout");
            audit::append(tx, AuditEvent { result, ..event }).await?;
        }
        Ok(())
    }

    /// Records that a logout wasn't accepted.
    ///
    /// # Errors
    /// If the database can't be written.
    pub async fn record_refused_logout(&self, client: &Actor, why: &LogoutError) -> Result<(), StoreError> {
        self.record(client, AuditAction::SessionLogoutRefused, COMPANY_SIGN_IN, &why.to_string()).await
    }
}
