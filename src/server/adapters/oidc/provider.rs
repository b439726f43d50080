//! The provider, and how it is called.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::{http::HttpClient, memory::Memory};
use crate::server::{
    adapters::{clock::Clock, https::SetupError},
    config::ProviderSettings,
};

/// The path to which the provider sends browsers back.
pub const CALLBACK_PATH: &str = "/auth/oidc/callback";

/// The provider.
#[derive(Debug)]
pub struct Provider {
    pub(super) settings: ProviderSettings,
    /// Where the provider sends browsers back.
    pub(super) redirect_uri: String,
    /// Where it sends them after a sign-out.
    pub(super) signed_out_uri: String,
    pub(super) http: HttpClient,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) memory: Mutex<Memory>,
}

impl Provider {
    /// Prepares calls of the provider. Calls nothing yet: Keystream starts without it.
    ///
    /// # Errors
    /// If certificate authorities are missing or can't be read.
    pub fn new(settings: ProviderSettings, origin: &str, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        let needs_tls = settings.issuer.starts_with("https://");
        Ok(Self {
            http: HttpClient::new(settings.ca_file.as_deref(), needs_tls)?,
            redirect_uri: format!("{origin}{CALLBACK_PATH}"),
            signed_out_uri: format!("{origin}/sign-in"),
            clock,
            memory: Mutex::default(),
            settings,
        })
    }

    /// Returns its settings.
    pub const fn settings(&self) -> &ProviderSettings {
        &self.settings
    }
}
