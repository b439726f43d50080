//! What is remembered of the provider.

use std::{sync::Arc, time::Duration};

use openidconnect::core::CoreJsonWebKeySet;
use serde::Deserialize;

use super::error::ProviderError;
use crate::model::time::Timestamp;

/// What is remembered. Times are by the steady clock.
#[derive(Debug, Default)]
pub struct Memory {
    pub known: Option<Arc<Known>>,
    /// When the provider last failed, and how.
    pub failed: Option<(Duration, ProviderError)>,
    /// When the keys were last fetched because a token named an unknown one.
    pub fetched_for_key: Option<Duration>,
}

/// What the provider says about itself.
#[derive(Debug)]
pub struct Known {
    pub metadata: Metadata,
    pub keys: CoreJsonWebKeySet,
    /// The provider's time when it answered.
    pub date: Option<Timestamp>,
    pub fetched_at: Duration,
}

/// The parts of the discovery document that are used (OpenID Connect Discovery, section 3).
#[derive(Debug, Deserialize)]
pub struct Metadata {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub jwks_uri: String,
    pub end_session_endpoint: Option<String>,
    #[serde(default)]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// RFC 9207.
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
    #[serde(default)]
    pub backchannel_logout_supported: bool,
}
