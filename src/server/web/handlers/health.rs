//! `/livez` and `/readyz`. AWS is not part of readiness: a portal that shows why AWS is unreachable is ready.

use axum::{extract::State, http::StatusCode, response::IntoResponse};

use crate::server::{services::readiness::Readiness, web::state::AppState};

/// Reports that the process is running.
pub async fn live() -> impl IntoResponse {
    (StatusCode::OK, "live\n")
}

/// Reports whether the database is writable, the server is not stopping, and its background parts work.
pub async fn ready(State(state): State<AppState>) -> impl IntoResponse {
    if state.draining.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    if state.supervisor.keeps_failing() {
        return (StatusCode::SERVICE_UNAVAILABLE, "a background part keeps failing\n");
    }
    match state.readiness.check().await {
        Readiness::Ready => (StatusCode::OK, "ready\n"),
        Readiness::NotWritable => (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be written\n"),
        Readiness::Silent => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}
