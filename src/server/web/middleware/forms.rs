//! Middleware around the server functions: enforces the content type of each, and replaces Leptos's own error
//! responses, which carry the error in an address.

use axum::{
    body::to_bytes,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::Response,
};

use crate::{
    error::{AppError, Refusal},
    server::web::{
        context,
        endpoints::{Entry, Kind},
        handlers::error_page::{self, Asker},
        state::AppState,
    },
};

/// The largest error body that is read. Our errors are a few words.
const LONGEST_ERROR: usize = 16 * 1024;

/// Refuses other content types (415) and gives errors their own status. Leptos would answer 500 or, for plain forms, a
/// redirect with the error in the address.
pub async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let function = Entry::of(request.extensions()).endpoint().filter(|found| found.kind == Kind::ServerFunction);
    let Some(function) = function else { return next.run(request).await };
    let asker = Asker::of(&request);
    let content_type =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if function.takes.content_type() != Some(essence.as_str()) {
        return error_page::refuse(&state, &asker, Refusal::OtherContentType);
    }
    let wants_html = context::wants_html(request.headers());
    let response = next.run(request).await;
    let location =
        response.headers().get(header::LOCATION).and_then(|location| location.to_str().ok()).unwrap_or_default();
    let is_error = response.headers().contains_key("serverfnerror");
    // Our own redirects are 303. Any other response to a plain form is Leptos's redirect to the Referer, with the error
    // in the address.
    let is_own_redirect = response.status() == StatusCode::SEE_OTHER && !location.contains("__err=");
    if is_own_redirect || !(is_error || wants_html) {
        return response;
    }
    // Leptos answers every error with 500; the error itself determines the right status.
    let (_, body) = response.into_parts();
    let bytes = to_bytes(body, LONGEST_ERROR).await.unwrap_or_default();
    let error = match serde_json::from_slice(&bytes).unwrap_or(AppError::Outdated) {
        // An error that Leptos made has no reference and has not been logged.
        AppError::Internal { reference } if reference != asker.id.to_string() => {
            tracing::error!("the framework failed to run {}", function.path);
            asker.internal()
        }
        error => error,
    };
    error_page::refuse(&state, &asker, error)
}
