//! Logout tokens: the provider says that somebody's sessions have ended (OpenID Connect Back-Channel Logout 1.0).

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use openidconnect::{
    JsonWebKey,
    core::{CoreJsonWebKey, CoreJwsSigningAlgorithm},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{
    discovery::USABLE,
    error::ProviderError,
    id_token::{ALGORITHMS, SKEW_MS},
    memory::Known,
    provider::Provider,
};
use crate::model::time::{MINUTE_MS, SECOND_MS, Timestamp};

/// The event that makes a token a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// Tokens are used at once. One without an end is over after this long.
const AT_MOST_OLD_MS: i64 = 5 * MINUTE_MS;
/// The longest id of a token, of a subject or of a session, in bytes.
const LONGEST: usize = 1_000;

/// What a verified logout token says. It names a subject, a session or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutToken {
    pub id: String,
    pub subject: Option<String>,
    /// The provider's own session.
    pub provider_session: Option<String>,
    /// When it can't be used any more.
    pub over_at: Timestamp,
}

#[derive(Debug, Deserialize)]
struct Header {
    alg: Value,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    aud: Value,
    iat: i64,
    exp: Option<i64>,
    jti: String,
    events: Map<String, Value>,
    sub: Option<String>,
    sid: Option<String>,
    nonce: Option<Value>,
}

impl Provider {
    /// Verifies a logout token. Whether it was used before is up to the caller.
    ///
    /// # Errors
    /// If it isn't one, isn't for us, or isn't valid now.
    pub async fn logout_token(&self, token: &str) -> Result<LogoutToken, ProviderError> {
        let (header, claims, signed, signature) = parts_of(token)?;
        check_header(&header)?;
        let algorithm = algorithm_of(&header)?;
        let known = self.known(USABLE).await?;
        let known = if has_key(&known, header.kid.as_deref()) { known } else { self.with_newer_keys(&known).await? };
        let keys = known.keys.keys().iter().filter(|key| is_named(key, header.kid.as_deref()));
        let is_signed = |key: &CoreJsonWebKey| key.verify_signature(&algorithm, signed.as_bytes(), &signature).is_ok();
        if !keys.into_iter().any(is_signed) {
            return Err(ProviderError::token("no key of the provider signed the logout token"));
        }
        self.check_claims(claims)
    }

    fn check_claims(&self, claims: Claims) -> Result<LogoutToken, ProviderError> {
        let refused = |why: &str| Err(ProviderError::token(format!("the logout token isn't valid: {why}")));
        let now = self.clock.now();
        let at = |seconds: i64| Timestamp::from_millis(seconds.saturating_mul(SECOND_MS));
        let over_at = claims.exp.map_or_else(|| at(claims.iat).plus_millis(AT_MOST_OLD_MS), at).plus_millis(SKEW_MS);
        let is_text = |text: &String| (1..=LONGEST).contains(&text.len());
        if claims.iss != self.settings.issuer {
            return refused("it is of another issuer");
        }
        if !is_for(&claims.aud, &self.settings.client_id) {
            return refused("it is for another client");
        }
        if claims.nonce.is_some() {
            return refused("it has a nonce, as an ID token does");
        }
        if !claims.events.get(EVENT).is_some_and(Value::is_object) {
            return refused("it has no logout event");
        }
        if at(claims.iat).millis_since(now) > SKEW_MS {
            return refused("it was issued in the future");
        }
        if now.millis_since(over_at) >= 0 || now.millis_since(at(claims.iat)) > AT_MOST_OLD_MS + SKEW_MS {
            return refused("it has expired");
        }
        if (claims.sub.is_none() && claims.sid.is_none())
            || ![Some(&claims.jti), claims.sub.as_ref(), claims.sid.as_ref()].into_iter().flatten().all(is_text)
        {
            return refused("it names nobody, or has no id");
        }
        Ok(LogoutToken { id: claims.jti, subject: claims.sub, provider_session: claims.sid, over_at })
    }
}

type Parts<'a> = (Header, Claims, &'a str, Vec<u8>);

fn parts_of(token: &str) -> Result<Parts<'_>, ProviderError> {
    let unreadable = || ProviderError::token("the logout token can't be read");
    let (signed, signature) = token.rsplit_once('.').ok_or_else(unreadable)?;
    let (header, claims) = signed.split_once('.').ok_or_else(unreadable)?;
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).map_err(|_| unreadable())?;
    Ok((decoded(header).ok_or_else(unreadable)?, decoded(claims).ok_or_else(unreadable)?, signed, signature))
}

fn decoded<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn check_header(header: &Header) -> Result<(), ProviderError> {
    let typ = header.typ.as_deref().map(str::to_ascii_lowercase);
    if !matches!(typ.as_deref(), None | Some("logout+jwt" | "application/logout+jwt")) {
        return Err(ProviderError::token("the type of the token isn't logout+jwt"));
    }
    if header.crit.is_some() {
        return Err(ProviderError::token("the logout token has critical headers that aren't known here"));
    }
    Ok(())
}

fn algorithm_of(header: &Header) -> Result<CoreJwsSigningAlgorithm, ProviderError> {
    let named = serde_json::from_value(header.alg.clone()).ok();
    let is_taken = |algorithm: &CoreJwsSigningAlgorithm| ALGORITHMS.contains(algorithm);
    named.filter(is_taken).ok_or_else(|| ProviderError::token("the logout token is signed in a way that isn't taken"))
}

fn is_named(key: &CoreJsonWebKey, kid: Option<&str>) -> bool {
    kid.is_none_or(|kid| key.key_id().is_some_and(|id| id.as_str() == kid))
}

fn has_key(known: &Arc<Known>, kid: Option<&str>) -> bool {
    known.keys.keys().iter().any(|key| is_named(key, kid))
}

/// Returns whether an `aud` is this client alone.
fn is_for(audience: &Value, client_id: &str) -> bool {
    match audience {
        Value::String(one) => one == client_id,
        Value::Array(all) => !all.is_empty() && all.iter().all(|one| one == client_id),
        _ => false,
    }
}
