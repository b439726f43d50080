//! `/livez` and `/readyz`. AWS does not count: a portal that shows why AWS cannot be reached is ready.

use std::time::Duration;

use axum::{extract::State, http::StatusCode, response::IntoResponse};

use crate::server::state::AppState;

/// A database that is slower than this is not ready.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// The process answers.
pub async fn live() -> impl IntoResponse {
    (StatusCode::OK, "live\n")
}

/// The database can be written and the server is not stopping.
pub async fn ready(State(state): State<AppState>) -> impl IntoResponse {
    if state.draining.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match tokio::time::timeout(CHECK_TIMEOUT, state.store.check_writable()).await {
        Ok(Ok(())) => (StatusCode::OK, "ready\n"),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready: {error}");
            (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be written\n")
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}
