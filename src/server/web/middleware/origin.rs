//! Middleware that admits state-changing requests from our own pages only: from the exact configured origin, or marked
//! same-origin by the browser. A request with neither header is refused.
//!
//! Other sites may link to our pages, but cannot load parts of them or frame them.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, header},
    middleware::Next,
    response::Response,
};

use crate::{
    error::Refusal,
    server::{
        config::Origin,
        web::{
            endpoints::{Effect, Entry, Takes},
            handlers::error_page::{self, Asker},
            state::AppState,
        },
    },
};

/// Admits safe methods and requests from our own pages. Admits browsers' violation reports too, which change nothing
/// and are bounded, and logouts that the company's provider has signed.
pub async fn check(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let entry = Entry::of(request.extensions());
    let effect = entry.endpoint().map_or(Effect::Reads, |endpoint| endpoint.effect);
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let is_let_through = match effect {
        Effect::Reads if is_safe => !is_loaded_by_another_site(request.headers()),
        Effect::Records if is_safe => !is_caused_by_another_site(request.headers()),
        _ => is_from_own_page(request.headers(), &state.origin),
    };
    // Neither needs a session: one is bounded, the other signed.
    let is_from_anywhere =
        entry.at_path().is_some_and(|endpoint| matches!(endpoint.takes, Takes::Report | Takes::LogoutToken));
    if is_let_through || is_from_anywhere {
        return next.run(request).await;
    }
    tracing::warn!("a request to {} from another origin was refused", entry.pattern());
    error_page::refuse(&state, &Asker::of(&request), Refusal::OtherOrigin)
}

/// Returns whether another site's page loads this as a part of itself (an image, a script or a frame) or to read it.
/// Following a link from there is a navigation of a whole page.
pub fn is_loaded_by_another_site(headers: &HeaderMap) -> bool {
    let is_part = headers.contains_key("sec-fetch-mode") && !is_one_of(headers, "sec-fetch-mode", &["navigate"]);
    let is_framed = is_one_of(headers, "sec-fetch-dest", &["iframe", "frame", "embed", "object", "fencedframe"]);
    is_caused_by_another_site(headers) && (is_part || is_framed)
}

/// Returns whether another site's page causes this, be it by a link that someone follows.
fn is_caused_by_another_site(headers: &HeaderMap) -> bool {
    is_one_of(headers, "sec-fetch-site", &["cross-site", "same-site"])
}

/// Returns whether a link of ours was followed, or an address typed.
pub fn is_from_own_link(headers: &HeaderMap, own: &Origin) -> bool {
    let is_own = |origin: &HeaderValue| origin == own.as_str();
    !is_caused_by_another_site(headers) && headers.get(header::ORIGIN).is_none_or(is_own)
}

fn is_one_of(headers: &HeaderMap, name: &'static str, values: &[&str]) -> bool {
    headers.get(name).is_some_and(|value| values.iter().any(|one| value == one))
}

/// Returns whether the request comes from our own page. At least one of the headers must be present, and each one
/// present must match.
fn is_from_own_page(headers: &HeaderMap, own: &Origin) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    let origin = text(header::ORIGIN);
    let fetch_site = text(header::HeaderName::from_static("sec-fetch-site"));
    let agrees = |value: Option<&str>, expected: &str| value.is_none_or(|value| value == expected);
    (origin.is_some() || fetch_site.is_some()) && agrees(origin, own.as_str()) && agrees(fetch_site, "same-origin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_get_through() {
        let own = Origin::of_address(([127, 0, 0, 1], 3000).into()).unwrap();
        let cases = [
            (Some("http://127.0.0.1:3000"), None, true),
            (None, Some("same-origin"), true),
            (Some("http://127.0.0.1:3000"), Some("same-origin"), true),
            (None, None, false),
            (None, Some(""), false),
            (None, Some("none"), false),
            (None, Some("same-site"), false),
            (None, Some("cross-site"), false),
            (Some("null"), None, false),
            (Some("null"), Some("same-origin"), false),
            (Some("https://127.0.0.1:3000"), None, false),
            (Some("http://127.0.0.1"), None, false),
            (Some("http://evil.example"), Some("same-origin"), false),
            (Some("http://127.0.0.1:3000"), Some("cross-site"), false),
        ];
        for (origin, fetch_site, is_let_through) in cases {
            let mut headers = HeaderMap::new();
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            if let Some(fetch_site) = fetch_site {
                headers.insert("sec-fetch-site", HeaderValue::from_static(fetch_site));
            }
            assert_eq!(is_from_own_page(&headers, &own), is_let_through, "{origin:?} {fetch_site:?}");
        }
    }
}
