//! Stands around the server functions: only the content types that they read, and no answer of Leptos's own making that
//! carries an error in an address.

use axum::{
    body::to_bytes,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::Response,
};

use crate::{
    error::AppError,
    server::{context, http::error_page, state::AppState},
};

/// Our errors are a few words.
const LONGEST_ERROR: usize = 16 * 1024;

/// Refuses other content types (415) and gives errors their own status: the framework answers 500, or for plain
/// forms a redirect that carries the error in the address.
pub async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/api/") {
        return next.run(request).await;
    }
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !matches!(essence.as_str(), "application/x-www-form-urlencoded" | "application/json") {
        return error_page::other_content_type(&state, request.headers());
    }
    let headers = request.headers().clone();
    let response = next.run(request).await;
    let location = response.headers().get(header::LOCATION).and_then(|location| location.to_str().ok()).unwrap_or_default();
    let is_error = response.headers().contains_key("serverfnerror");
    if !context::wants_html(&headers) {
        return if is_error { with_own_status(response).await } else { response };
    }
    // Our own redirects are 303; what else a plain form gets is Leptos's, to the Referer, with the error in the address.
    if response.status() == StatusCode::SEE_OTHER && !location.contains("__err=") {
        return response;
    }
    match response.status() {
        StatusCode::FORBIDDEN => error_page::not_permitted(&state, &headers),
        StatusCode::NOT_FOUND => error_page::not_found(&state, &headers),
        StatusCode::SERVICE_UNAVAILABLE => error_page::unavailable(&state, &headers),
        StatusCode::INTERNAL_SERVER_ERROR => error_page::internal(&state, &headers),
        _ => error_page::outdated(&state, &headers),
    }
}

/// Leptos answers every error with 500; the error itself says which status it is.
async fn with_own_status(response: Response) -> Response {
    let (_, body) = response.into_parts();
    let bytes = to_bytes(body, LONGEST_ERROR).await.unwrap_or_default();
    let error = serde_json::from_slice(&bytes).unwrap_or(AppError::Outdated);
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    error_page::json(status, &error)
}
