//! What the provider says about itself, and its keys. Both are remembered for a minute.

use std::{sync::Arc, time::Duration};

use axum::http::{Request, Response, StatusCode, header};
use openidconnect::core::CoreJsonWebKeySet;
use serde::de::DeserializeOwned;
use url::Url;

use super::{
    error::ProviderError,
    memory::{Known, Memory, Metadata},
    provider::Provider,
};
use crate::model::time::Timestamp;

const PATH: &str = ".well-known/openid-configuration";
/// Browsers are sent to the provider only if it has answered this recently.
pub const RECENT: Duration = Duration::from_secs(60);
/// For renewals, it has to answer now. Nobody asked for them, so they must not lead to an error page of the browser.
pub const NOW: Duration = Duration::ZERO;
/// A browser that comes back is taken with what was known before, up to this age.
pub const USABLE: Duration = Duration::from_secs(60 * 60);
/// After a failure, the provider isn't asked for this long, so that not everyone waits for it.
const LEFT_ALONE: Duration = Duration::from_secs(5);
/// The keys are fetched at most this often because a token names one that isn't among them.
const KEYS_EVERY: Duration = Duration::from_secs(60);

/// What `check-config` says about the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub keys: usize,
    /// The provider's time, if its answer has one.
    pub date: Option<Timestamp>,
    pub has_end_session: bool,
    pub has_backchannel_logout: bool,
}

impl Provider {
    /// Asks the provider what it is, for `check-config`.
    ///
    /// # Errors
    /// If it can't be reached, or what it says can't be used.
    pub async fn examine(&self) -> Result<Found, ProviderError> {
        let known = self.fetch().await?;
        Ok(Found {
            keys: known.keys.keys().len(),
            date: known.date,
            has_end_session: known.metadata.end_session_endpoint.is_some(),
            has_backchannel_logout: known.metadata.backchannel_logout_supported,
        })
    }

    /// Checks that the provider answers, or did so within a minute.
    ///
    /// # Errors
    /// If it doesn't.
    pub async fn reach(&self) -> Result<(), ProviderError> {
        self.known(RECENT).await.map(|_| ())
    }

    /// Returns what the provider says about itself, as of at most so long ago.
    pub(super) async fn known(&self, at_most: Duration) -> Result<Arc<Known>, ProviderError> {
        // Whoever waits for the lock takes what was fetched meanwhile.
        let asked_at = self.clock.steady();
        let mut memory = self.memory.lock().await;
        if let Some(known) = memory.known.as_ref().filter(|known| asked_at.saturating_sub(known.fetched_at) <= at_most)
        {
            return Ok(known.clone());
        }
        if let Some((at, error)) = &memory.failed
            && self.clock.steady().saturating_sub(*at) < LEFT_ALONE
        {
            return Err(error.clone());
        }
        self.refresh(&mut memory).await
    }

    /// Fetches the keys once more, because a token names one that isn't among them.
    ///
    /// # Errors
    /// If that was done within the last minute, or the provider doesn't answer.
    pub(super) async fn with_newer_keys(&self, than: &Arc<Known>) -> Result<Arc<Known>, ProviderError> {
        let mut memory = self.memory.lock().await;
        let now = self.clock.steady();
        // Another token has just made the same discovery.
        if let Some(known) = memory.known.as_ref().filter(|known| known.fetched_at > than.fetched_at) {
            return Ok(known.clone());
        }
        if memory.fetched_for_key.is_some_and(|at| now.saturating_sub(at) < KEYS_EVERY) {
            return Err(ProviderError::token("the token names a key that the provider doesn't publish"));
        }
        memory.fetched_for_key = Some(now);
        self.refresh(&mut memory).await
    }

    async fn refresh(&self, memory: &mut Memory) -> Result<Arc<Known>, ProviderError> {
        match self.fetch().await {
            Ok(known) => {
                let known = Arc::new(known);
                memory.known = Some(known.clone());
                memory.failed = None;
                Ok(known)
            }
            Err(error) => {
                memory.failed = Some((self.clock.steady(), error.clone()));
                Err(error)
            }
        }
    }

    async fn fetch(&self) -> Result<Known, ProviderError> {
        let issuer = &self.settings.issuer;
        let (metadata, date): (Metadata, _) = self.get(&format!("{}/{PATH}", issuer.trim_end_matches('/'))).await?;
        if metadata.issuer != *issuer {
            return Err(ProviderError::down(format!(
                "the provider calls itself {}, and KEYSTREAM_OIDC_ISSUER is {issuer}",
                metadata.issuer
            )));
        }
        let endpoints = [
            Some(&metadata.authorization_endpoint),
            Some(&metadata.token_endpoint),
            Some(&metadata.jwks_uri),
            metadata.end_session_endpoint.as_ref(),
        ];
        if let Some(unsafe_one) = endpoints.into_iter().flatten().find(|url| !self.is_safe(url)) {
            return Err(ProviderError::down(format!("the provider names an endpoint without https: {unsafe_one}")));
        }
        let (keys, _): (CoreJsonWebKeySet, _) = self.get(&metadata.jwks_uri).await?;
        Ok(Known { metadata, keys, date, fetched_at: self.clock.steady() })
    }

    /// Returns whether a URL is https, or http as the issuer's own, which is on loopback then.
    fn is_safe(&self, url: &str) -> bool {
        let scheme = Url::parse(url).ok().filter(Url::has_host).map(|url| url.scheme().to_owned());
        match scheme.as_deref() {
            Some("https") => true,
            Some("http") => self.settings.issuer.starts_with("http://"),
            _ => false,
        }
    }

    async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<(T, Option<Timestamp>), ProviderError> {
        let request = Request::get(url).header(header::ACCEPT, "application/json").body(Vec::new());
        let request = request.map_err(|error| ProviderError::down(error.to_string()))?;
        let answer = self.http.json(request).await?;
        if answer.status() != StatusCode::OK {
            return Err(ProviderError::down(format!("the provider answered {}", answer.status())));
        }
        let date = date_of(&answer);
        let parsed = serde_json::from_slice(answer.body()).map_err(|error| {
            ProviderError::down(format!("the provider's answer isn't what OpenID Connect says: {error}"))
        })?;
        Ok((parsed, date))
    }
}

fn date_of<T>(answer: &Response<T>) -> Option<Timestamp> {
    let text = answer.headers().get(header::DATE)?.to_str().ok()?;
    let since_epoch = httpdate::parse_http_date(text).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since_epoch.as_millis()).ok().map(Timestamp::from_millis)
}
