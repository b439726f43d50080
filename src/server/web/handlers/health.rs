//! `/livez` and `/readyz`. AWS does not count: a portal that shows why AWS cannot be reached is ready.

use std::time::Duration;

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use tokio::sync::Mutex;

use crate::server::{
    adapters::{
        clock::{Clock, SystemClock, timeout},
        store::Store,
    },
    web::state::AppState,
};

/// A database that is slower than this is not ready.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a finding counts.
const CHECKED_EVERY: Duration = Duration::from_secs(1);

/// The process answers.
pub async fn live() -> impl IntoResponse {
    (StatusCode::OK, "live\n")
}

/// The database can be written, the server is not stopping, and its background parts work.
pub async fn ready(State(state): State<AppState>) -> impl IntoResponse {
    if state.draining.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    if state.supervisor.keeps_failing() {
        return (StatusCode::SERVICE_UNAVAILABLE, "a background part keeps failing\n");
    }
    match state.readiness.check(&state.store).await {
        Readiness::Ready => (StatusCode::OK, "ready\n"),
        Readiness::NotWritable => (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be written\n"),
        Readiness::Silent => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}

/// What the last check found. Anybody may ask; the database is asked at most once a second.
#[derive(Debug, Default)]
pub struct ReadinessCheck(Mutex<Option<(Duration, Readiness)>>);

#[derive(Debug, Clone, Copy)]
enum Readiness {
    Ready,
    NotWritable,
    Silent,
}

impl ReadinessCheck {
    async fn check(&self, store: &Store) -> Readiness {
        let mut last = self.0.lock().await;
        let now = SystemClock.steady();
        if let Some((at, found)) = *last
            && now.saturating_sub(at) < CHECKED_EVERY
        {
            return found;
        }
        let found = match timeout(CHECK_TIMEOUT, store.check_writable()).await {
            Ok(Ok(())) => Readiness::Ready,
            Ok(Err(error)) => {
                tracing::warn!(%error, "not ready: {error}");
                Readiness::NotWritable
            }
            Err(_) => Readiness::Silent,
        };
        *last = Some((SystemClock.steady(), found));
        found
    }
}
