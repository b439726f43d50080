//! Middleware that accepts our own host name only. Requests for another host are refused, so that no cache or link can
//! spread that name.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    error::Refusal,
    model::loopback::is_loopback_host,
    server::web::{
        endpoints::Entry,
        handlers::error_page::{self, Asker},
        state::AppState,
    },
};

/// Admits requests for our own host. Redirects a GET under another loopback name to it. Health checks may use any name.
pub async fn check(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if Entry::of(request.extensions()).is_health() {
        return next.run(request).await;
    }
    let host = host_of(&request);
    if host == state.origin.host_header() {
        return next.run(request).await;
    }
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_read && state.origin.is_loopback && is_loopback_name(&host, state.origin.port) {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        if let Ok(location) = HeaderValue::from_str(&format!("{}{path}", state.origin.as_str())) {
            return (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, location)]).into_response();
        }
    }
    error_page::refuse(&state, &Asker::of(&request), Refusal::OtherHost)
}

/// Returns the host that a request names, in lower case. Empty if it names none or several different ones, since a
/// proxy in front may have used another one.
fn host_of(request: &Request) -> String {
    let in_line = request.uri().authority().map(|authority| authority.as_str().as_bytes());
    let mut named = request.headers().get_all(header::HOST).iter().map(HeaderValue::as_bytes).chain(in_line);
    let Some(first) = named.next() else { return String::new() };
    let is_one = named.all(|other| other.eq_ignore_ascii_case(first))
        && request.headers().get_all(header::HOST).iter().count() <= 1;
    if is_one { String::from_utf8_lossy(first).to_ascii_lowercase() } else { String::new() }
}

/// Returns whether a Host header names this machine at the port being served.
fn is_loopback_name(host: &str, port: u16) -> bool {
    let (name, host_port) = match host.rsplit_once(':') {
        Some((name, digits)) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            (name, digits.parse().ok())
        }
        _ => (host, Some(80)),
    };
    host_port == Some(port) && is_loopback_host(name)
}

#[cfg(test)]
mod tests {
    use super::is_loopback_name;

    #[test]
    fn names_of_loopback_are_told_from_others() {
        for host in ["localhost:3000", "127.0.0.1:3000", "127.9.9.9:3000", "[::1]:3000"] {
            assert!(is_loopback_name(host, 3000), "{host}");
        }
        for host in [
            "localhost",
            "localhost:3001",
            "evil.example:3000",
            "localhost.evil.example:3000",
            "",
            ":3000",
            "10.0.0.1:3000",
        ] {
            assert!(!is_loopback_name(host, 3000), "{host}");
        }
    }
}
