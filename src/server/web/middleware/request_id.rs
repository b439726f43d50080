//! The id of a request: in its tracing span, so that every log line carries it, on the response, and in error messages.
//! An id from a trusted proxy is adopted, so that its log and ours match.

use std::{fmt, net::SocketAddr};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{Extensions, HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing::Instrument;

use crate::{
    model::shorten::shorten,
    server::{
        adapters::random,
        web::{endpoints::Entry, state::AppState},
    },
};

/// The header that carries the id in both directions.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The permitted lengths of an id. Shorter ones would soon collide.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=64;

/// No method of HTTP is longer, but clients may write anything.
const LONGEST_METHOD: usize = 20;

/// The id, kept in the request's extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl RequestId {
    /// Returns the id of a request that has passed [`trace`].
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_else(Self::new)
    }

    fn new() -> Self {
        Self(random::id())
    }

    /// Returns the id that a request brings, if it is well formed.
    fn brought(headers: &HeaderMap) -> Option<Self> {
        let mut lines = headers.get_all(X_REQUEST_ID).iter();
        let (Some(line), None) = (lines.next(), lines.next()) else { return None };
        let id = line.to_str().ok()?;
        let is_plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        (is_plain && LENGTHS.contains(&id.len())).then(|| Self(id.to_owned()))
    }
}

/// Assigns the request its id and runs it in its own span. The span names the path's pattern, because the path itself
/// may contain a secret.
pub async fn trace(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let is_from_proxy = peer.is_some_and(|peer| state.trusted_proxies.trusts(peer));
    let brought = RequestId::brought(request.headers()).filter(|_| is_from_proxy);
    let id = brought.unwrap_or_else(RequestId::new);
    let path = Entry::of(request.extensions()).pattern();
    // At the highest level, so that the id is logged at any log level.
    let method = shorten(request.method().as_str(), LONGEST_METHOD);
    let span = tracing::error_span!("request", request_id = %id, method, path);
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).instrument(span).await;
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_well_formed_ids_are_taken_over() {
        let brought = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(X_REQUEST_ID, HeaderValue::from_bytes(line.as_bytes()).unwrap());
            }
            RequestId::brought(&headers).map(|id| id.to_string())
        };
        for id in ["0a1b2c3d", "7f6c2f0e-3a3b-4f0e-9d55-0242ac130003", "A_b.c-d-e"] {
            assert_eq!(brought(&[id]).as_deref(), Some(id));
        }
        for id in [
            "",
            "short",
            "with space",
            "<script>alert(1)</script>",
            "a\"b\"c\"d\"e",
            "line\tbreak",
            "caf\u{e9}caf\u{e9}",
        ] {
            assert_eq!(brought(&[id]), None, "{id}");
        }
        assert_eq!(brought(&["0a1b2c3d", "0a1b2c3e"]), None, "two are none");
        assert_eq!(brought(&[]), None);
        assert_eq!(brought(&[&"x".repeat(65)]), None);
    }
}
