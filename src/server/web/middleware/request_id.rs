//! The id of a request: in its span, so that each line of the log carries it, on the answer, and wherever an error is
//! told. A trusted proxy's own id is taken over, so that its log and ours say the same.

use std::{fmt, net::SocketAddr};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{Extensions, HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing::Instrument;

use crate::server::{
    adapters::random,
    web::{endpoints::Entry, state::AppState},
};

/// The header that brings an id and takes it along.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// How long an id may be. A shorter one would soon be there twice.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=64;

/// The id, in the extensions of its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl RequestId {
    /// The id of a request that has passed [`trace`].
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_else(Self::new)
    }

    fn new() -> Self {
        Self(random::id())
    }

    /// The one that a request brings, if it is well formed.
    fn brought(headers: &HeaderMap) -> Option<Self> {
        let mut lines = headers.get_all(X_REQUEST_ID).iter();
        let (Some(line), None) = (lines.next(), lines.next()) else { return None };
        let id = line.to_str().ok()?;
        let is_plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        (is_plain && LENGTHS.contains(&id.len())).then(|| Self(id.to_owned()))
    }
}

/// Gives the request its id, and runs it in a span of its own. The span names the pattern of the path: what stands in
/// the address may be a secret.
pub async fn trace(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let is_from_proxy = peer.is_some_and(|peer| state.trusted_proxies.trusts(peer));
    let brought = RequestId::brought(request.headers()).filter(|_| is_from_proxy);
    let id = brought.unwrap_or_else(RequestId::new);
    let path = Entry::of(request.extensions()).pattern();
    // Of the highest level: whatever of the log is shown, the id is on it.
    let span = tracing::error_span!("request", request_id = %id, method = %request.method(), path);
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
