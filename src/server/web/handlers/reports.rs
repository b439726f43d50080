//! `POST /csp-report`: what browsers say about violations of the policy, bounded in size and number.

use axum::{
    body::{Body, to_bytes},
    extract::State,
    http::StatusCode,
};

use crate::server::web::state::AppState;

/// The longest report that is read.
const LONGEST: usize = 8 * 1024;

/// Logs a report.
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
