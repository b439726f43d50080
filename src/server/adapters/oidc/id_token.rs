//! ID tokens: their signature, and what they must say (OpenID Connect Core, section 3.1.3.7).

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::DateTime;
use openidconnect::{
    ClaimsVerificationError, Nonce, SignatureVerificationError,
    core::{CoreIdToken, CoreIdTokenClaims, CoreJwsSigningAlgorithm},
};
use serde_json::{Map, Value};

use super::{error::ProviderError, memory::Known, provider::Provider};
use crate::model::time::{SECOND_MS, Timestamp};

/// By how much the provider's clock and ours may differ.
pub const SKEW_MS: i64 = 60 * SECOND_MS;

/// Signatures with the provider's public keys. Never none, and never one with a shared secret.
pub const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// What a verified token says.
#[derive(Debug, Clone)]
pub struct IdToken {
    pub claims: Map<String, Value>,
    /// When the person proved who they are, if the token says so.
    pub auth_time: Option<Timestamp>,
    /// The provider's own session, if the token names it.
    pub provider_session: Option<String>,
}

impl Provider {
    /// Verifies a token. If it names an unknown key, the keys are fetched once more.
    pub(super) async fn verified(
        &self,
        token: &CoreIdToken,
        nonce: &Nonce,
        known: &Arc<Known>,
    ) -> Result<IdToken, ProviderError> {
        match self.verify(token, nonce, known)? {
            Ok(verified) => Ok(verified),
            Err(NoSuchKey) => {
                let known = self.with_newer_keys(known).await?;
                let unknown = |_| ProviderError::token("the token names a key that the provider doesn't publish");
                self.verify(token, nonce, &known)?.map_err(unknown)
            }
        }
    }

    fn verify(
        &self,
        token: &CoreIdToken,
        nonce: &Nonce,
        known: &Arc<Known>,
    ) -> Result<Result<IdToken, NoSuchKey>, ProviderError> {
        let client = self.client(known)?;
        let now = self.clock.now();
        let latest = now.plus_millis(SKEW_MS).as_millis();
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || {
                DateTime::from_timestamp_millis(now.plus_millis(-SKEW_MS).as_millis()).unwrap_or_default()
            })
            .set_issue_time_verifier_fn(move |issued| {
                let is_past = issued.timestamp_millis() <= latest;
                if is_past { Ok(()) } else { Err(format!("issued in the future, at {issued}")) }
            });
        let claims = match token.claims(&verifier, nonce) {
            Ok(claims) => claims,
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
                return Ok(Err(NoSuchKey));
            }
            Err(error) => return Err(ProviderError::token(format!("the ID token isn't valid: {}", reason(&error)))),
        };
        self.check_party(claims)?;
        let all = claims_of(&token.to_string())?;
        check_not_before(&all, latest)?;
        let auth_time = claims.auth_time().map(|at| Timestamp::from_millis(at.timestamp_millis()));
        if auth_time.is_some_and(|at| at.as_millis() > latest) {
            return Err(ProviderError::token("the ID token isn't valid: its auth_time is in the future"));
        }
        let provider_session = all.get("sid").and_then(Value::as_str).map(str::to_owned);
        Ok(Ok(IdToken { claims: all, auth_time, provider_session }))
    }

    /// Checks that the token was made for us, which the library leaves to its user.
    fn check_party(&self, claims: &CoreIdTokenClaims) -> Result<(), ProviderError> {
        match claims.authorized_party() {
            Some(party) if **party != self.settings.client_id => {
                Err(ProviderError::token(format!("the ID token isn't valid: its azp is {}", **party)))
            }
            _ => Ok(()),
        }
    }
}

/// The key that a token names isn't among the provider's.
#[derive(Debug)]
struct NoSuchKey;

fn reason(error: &ClaimsVerificationError) -> String {
    match error {
        ClaimsVerificationError::SignatureVerification(cause) => format!("{error}: {cause}"),
        error => error.to_string(),
    }
}

/// Returns all claims of a token whose signature was verified.
fn claims_of(token: &str) -> Result<Map<String, Value>, ProviderError> {
    let payload = token.split('.').nth(1).and_then(|payload| BASE64_URL_SAFE_NO_PAD.decode(payload).ok());
    let claims = payload.and_then(|payload| serde_json::from_slice(&payload).ok());
    claims.ok_or_else(|| ProviderError::token("the ID token can't be read"))
}

fn check_not_before(claims: &Map<String, Value>, latest_ms: i64) -> Result<(), ProviderError> {
    let is_future = |not_before: &Value| not_before.as_i64().is_none_or(|at| at.saturating_mul(SECOND_MS) > latest_ms);
    if claims.get("nbf").is_some_and(is_future) {
        return Err(ProviderError::token("the ID token isn't valid yet"));
    }
    Ok(())
}
