//! The state that every request can reach: the services, created once at startup.

use std::{sync::Arc, time::Duration};

use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use tokio_util::sync::CancellationToken;

use super::{assets::Assets, fragments::FragmentCache, request_limits::RequestLimits, trusted_proxies::TrustedProxies};
use crate::{
    model::inventory::TagMeanings,
    server::{
        adapters::clock::Clock,
        config::Origin,
        services::{
            accounts::{directory::Directory, provider::ProviderSignIns, setup::SetupLink, sign_in::SignIns},
            audit::{Chain, checkpoint::ChainWatch},
            changes::Changes,
            drafts::Drafts,
            inventory::{Inventory, pauses::Pauses},
            read_only::ReadOnly,
            readiness::ReadinessCheck,
            supervisor::Supervisor,
        },
    },
};

/// The application state. Each layer of the router clones it for each request, so it is one pointer.
#[derive(Debug, Clone)]
pub struct AppState(pub Arc<Services>);

/// The services, one of each.
#[derive(Debug)]
pub struct Services {
    pub leptos_options: LeptosOptions,
    pub inventory: Arc<Inventory>,
    pub pauses: Pauses,
    pub changes: Arc<Changes>,
    pub drafts: Drafts,
    pub audit: Chain,
    pub users: Directory,
    pub sign_ins: Arc<SignIns>,
    /// Sign-in with the company's provider, if one is configured.
    pub provider: Option<ProviderSignIns>,
    pub setup: SetupLink,
    pub readiness: ReadinessCheck,
    pub supervisor: Arc<Supervisor>,
    pub limits: RequestLimits,
    /// How often an open event connection looks its session up, whatever this process does.
    pub session_check: Duration,
    pub clock: Arc<dyn Clock>,
    pub origin: Origin,
    pub assets: Assets,
    pub fragments: FragmentCache,
    pub trusted_proxies: TrustedProxies,
    pub tag_meanings: TagMeanings,
    pub is_demo: bool,
    /// Whether changes are refused, and the alarm about the audit chain, if there is one.
    pub read_only: ReadOnly,
    pub chain_watch: Arc<ChainWatch>,
    /// Cancelled when the server begins to stop: readiness fails and event streams end.
    pub draining: CancellationToken,
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos_options.clone()
    }
}

impl std::ops::Deref for AppState {
    type Target = Services;
    fn deref(&self) -> &Services {
        &self.0
    }
}
