//! Middleware that sets the headers of every response, including its nonce. Outermost, so that refusals, static files
//! and panics carry them too.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use crate::server::{
    adapters::random,
    web::{
        endpoints::{Entry, Handler},
        state::AppState,
    },
};

/// The nonce of a response: in the header, and on the scripts of the page.
#[derive(Debug, Clone)]
pub struct ResponseNonce(pub String);

const PERMISSIONS: &str = "accelerometer=(), autoplay=(), camera=(), display-capture=(), fullscreen=(), \
                           geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()";

/// Generates the nonce, passes the request on, and sets the headers on the response.
pub async fn set(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let nonce = random::text(26);
    request.extensions_mut().insert(ResponseNonce(nonce.clone()));
    let is_asset = Entry::of(request.extensions()).is_of(Handler::Bundle);
    let mut response = next.run(request).await;
    write(response.headers_mut(), &nonce, state.origin.is_https, is_asset);
    response
}

fn write(headers: &mut HeaderMap, nonce: &str, is_https: bool, is_asset: bool) {
    // Chromium ignores `report-uri` where there is a `report-to`, and sends no `report-to` reports over plain HTTP.
    let reports = if is_https { "report-to csp; report-uri /csp-report" } else { "report-uri /csp-report" };
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'; object-src 'none'; {reports}"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let mut set = |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    // `no-referrer` would remove the Referer from plain forms of older browsers, and the origin check needs it.
    set(header::REFERRER_POLICY, "same-origin");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-embedder-policy"), "require-corp");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), PERMISSIONS);
    if is_https {
        set(HeaderName::from_static("reporting-endpoints"), "csp=\"/csp-report\"");
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains");
    }
    if !is_asset || !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
