//! Counts and times requests, by the pattern of their path: the path itself may contain a secret, and would be a series
//! of its own.

use axum::{extract::Request, middleware::Next, response::Response};

use crate::server::{
    adapters::{
        clock::{Clock, SystemClock},
        metrics::families::{HTTP_DURATION, HTTP_IN_PROGRESS, HTTP_REQUESTS},
    },
    web::endpoints::Entry,
};

/// Runs a request and records its answer. A client that leaves before the answer isn't counted.
pub async fn measure(request: Request, next: Next) -> Response {
    let route = Entry::of(request.extensions()).pattern();
    let begun = SystemClock.steady();
    let in_progress = InProgress::begin();
    let response = next.run(request).await;
    drop(in_progress);
    let code = response.status().as_str().to_owned();
    metrics::counter!(HTTP_REQUESTS.name, "route" => route, "code" => code).increment(1);
    metrics::histogram!(HTTP_DURATION.name, "route" => route).record(SystemClock.steady().saturating_sub(begun));
    response
}

/// A request in progress, also if its client leaves.
struct InProgress;

impl InProgress {
    fn begin() -> Self {
        metrics::gauge!(HTTP_IN_PROGRESS.name).increment(1.0);
        Self
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        metrics::gauge!(HTTP_IN_PROGRESS.name).decrement(1.0);
    }
}
