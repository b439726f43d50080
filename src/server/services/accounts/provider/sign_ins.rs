//! What sign-ins with the provider need.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::{
    model::access::{actor::Actor, audit_action::AuditAction},
    server::{
        adapters::{
            clock::Clock,
            oidc::Provider,
            store::{Store, StoreError},
        },
        services::{
            accounts::{
                sessions::Sessions,
                sign_in_counts::{Method, count_refusal},
            },
            audit::{self, AuditEvent},
        },
    },
};

/// Sign-ins with the company's provider.
#[derive(Debug)]
pub struct ProviderSignIns {
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) provider: Provider,
    pub(super) sessions: Sessions,
}

impl ProviderSignIns {
    pub fn new(store: Store, clock: Arc<dyn Clock>, provider: Provider) -> Self {
        Self { sessions: Sessions::new(store.clone(), clock.clone()), store, clock, provider }
    }

    /// Returns what people call the provider.
    pub fn name(&self) -> &str {
        &self.provider.settings().name
    }

    /// Returns where a browser goes after a sign-out, if the provider says how to end its own session.
    pub async fn sign_out_url(&self) -> Option<String> {
        self.provider.end_session_url().await
    }

    /// Records that a sign-in failed.
    pub(super) async fn record(
        &self,
        client: &Actor,
        action: AuditAction,
        target: &str,
        why: &str,
    ) -> Result<(), StoreError> {
        count_refusal(Method::Provider, action);
        let event = AuditEvent::by(client, self.clock.now(), action, target);
        audit::append_alone(&self.store, AuditEvent { result: why.to_owned(), ..event }).await
    }
}

/// Returns the hash under which the database keeps a secret.
pub(super) fn hash_of(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}
