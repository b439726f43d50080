//! `POST /csp-report`: browsers' reports of content security policy violations, bounded in size and number.

use axum::{
    body::{Body, to_bytes},
    extract::State,
    http::StatusCode,
};

use crate::server::web::state::AppState;

/// The largest report that is read, in bytes.
const LONGEST: usize = 8 * 1024;

/// Logs a violation report.
pub async fn receive(State(state): State<AppState>, body: Body) -> StatusCode {
    if !state.limits.reads_report() {
        return StatusCode::NO_CONTENT;
    }
    match to_bytes(body, LONGEST).await {
        Ok(report) => {
            let text: String =
                String::from_utf8_lossy(&report).chars().filter(|c| !c.is_control()).take(2_000).collect();
            tracing::warn!(report = text, "a browser reports a violation of the content security policy");
            StatusCode::NO_CONTENT
        }
        Err(_) => StatusCode::PAYLOAD_TOO_LARGE,
    }
}
