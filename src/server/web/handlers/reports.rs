//! `POST /csp-report`: what browsers say about violations of the policy, bounded in size and number.

use std::num::NonZeroU32;

use axum::{
    body::{Body, to_bytes},
    http::StatusCode,
};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::sync::LazyLock;

/// The longest report that is read.
const LONGEST: usize = 8 * 1024;

/// Reports beyond this rate are thrown away unread: whoever floods fills no log.
static LIMIT: LazyLock<DefaultDirectRateLimiter> = LazyLock::new(|| {
    RateLimiter::direct(Quota::per_second(NonZeroU32::MIN).allow_burst(NonZeroU32::MIN.saturating_add(19)))
});

/// Logs a report.
pub async fn receive(body: Body) -> StatusCode {
    if LIMIT.check().is_err() {
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
