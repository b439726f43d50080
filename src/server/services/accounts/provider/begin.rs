//! The beginning: a browser is sent to the provider.

use thiserror::Error;

use super::sign_ins::{ProviderSignIns, hash_of};
use crate::{
    model::access::{actor::Actor, audit_action::AuditAction, audit_event::COMPANY_SIGN_IN, provider::SignInPurpose},
    server::adapters::{
        oidc::{ProviderError, SignInRequest},
        random,
        store::{StartedSignIn, StoreError, provider_sign_ins as table},
    },
};

/// The characters of each secret: 260 bits.
const LENGTH: usize = 52;

/// A sign-in that was begun.
#[derive(Debug)]
pub struct Begun {
    /// The address at the provider.
    pub url: String,
    /// What the browser keeps in its cookie until it comes back.
    pub browser: String,
}

/// Why a sign-in wasn't begun.
#[derive(Debug, Error)]
pub enum BeginError {
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ProviderSignIns {
    /// Begins a sign-in. `browser` is the cookie that the browser has already, if any: several windows share it.
    /// `session_hash` is that of the session to renew or confirm; empty for a new one.
    ///
    /// # Errors
    /// If the provider can't be reached, or the database can't be written.
    pub async fn begin(
        &self,
        purpose: SignInPurpose,
        session_hash: &str,
        next: &str,
        browser: Option<String>,
    ) -> Result<Begun, BeginError> {
        let [state, nonce, verifier] = [(); 3].map(|()| random::text(LENGTH));
        let request = SignInRequest { state: &state, nonce: &nonce, verifier: &verifier, purpose };
        let url = self.provider.authorization(&request).await?;
        let browser = browser.filter(|kept| is_secret(kept)).unwrap_or_else(|| random::text(LENGTH));
        let started = StartedSignIn {
            state_hash: hash_of(&state),
            browser_hash: hash_of(&browser),
            nonce,
            verifier,
            purpose,
            session_hash: session_hash.to_owned(),
            next: next.to_owned(),
            begun_at: self.clock.now(),
        };
        let mut tx = self.store.write().await?;
        table::insert(&mut tx, &started).await?;
        tx.commit().await?;
        Ok(Begun { url, browser })
    }

    /// Records that a sign-in wasn't begun, or wasn't one that was begun here.
    ///
    /// # Errors
    /// If the database can't be written.
    pub async fn record_refused(&self, client: &Actor, why: &str) -> Result<(), StoreError> {
        self.record(client, AuditAction::SessionRefused, COMPANY_SIGN_IN, why).await
    }
}

/// Returns whether a text can be a secret of ours.
fn is_secret(text: &str) -> bool {
    text.len() == LENGTH && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}
