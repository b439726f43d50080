//! Middleware that reads a request's body before the request takes a place: a client that announces a body and doesn't
//! send it keeps nobody out.

use std::{error::Error, time::Duration};

use axum::{
    body::{Body, HttpBody, to_bytes},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http_body_util::LengthLimitError;

use crate::{
    error::{AppError, Refusal},
    server::{
        adapters::clock::timeout,
        web::{
            handlers::error_page::{self, Asker},
            state::AppState,
        },
    },
};

/// The largest body, in bytes. Forms are small.
pub const LONGEST: usize = 64 * 1024;
/// How long a body may take to arrive.
const WITHIN: Duration = Duration::from_secs(5);

/// Passes on a request with its whole body, or refuses it.
pub async fn read(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let asker = Asker::of(&request);
    let (head, body) = request.into_parts();
    // Not even begun, if it says itself that it is too long.
    if body.size_hint().lower() > LONGEST as u64 {
        return error_page::refuse(&state, &asker, Refusal::TooLarge);
    }
    let refusal = match timeout(WITHIN, to_bytes(body, LONGEST)).await {
        Ok(Ok(body)) => return next.run(Request::from_parts(head, Body::from(body))).await,
        Ok(Err(error)) if error.source().is_some_and(<dyn Error>::is::<LengthLimitError>) => Refusal::TooLarge,
        // Broken off, or not what its head says.
        Ok(Err(_)) => AppError::Outdated.into(),
        Err(_) => Refusal::SlowBody,
    };
    error_page::refuse(&state, &asker, refusal)
}
