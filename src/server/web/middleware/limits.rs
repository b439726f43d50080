//! Middleware that enforces the rate limits and sheds load.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};

use super::client_address::ClientAddress;
use crate::{
    error::AppError,
    model::access::requester::Requester,
    server::web::{
        endpoints::{Entry, Limits},
        handlers::error_page::{self, Asker},
        state::AppState,
    },
};

/// Refuses a network's requests over its limit, before any other check.
pub async fn per_network(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let Some(ClientAddress(address)) = request.extensions().get::<ClientAddress>().copied() else {
        return next.run(request).await;
    };
    let endpoint = Entry::of(request.extensions()).endpoint();
    let is_attempt = endpoint.is_some_and(|endpoint| endpoint.limits == Limits::Password);
    match state.limits.take_request_from(address, is_attempt) {
        Ok(()) => next.run(request).await,
        Err(seconds) => error_page::refuse(&state, &Asker::of(&request), AppError::TooOften { seconds }),
    }
}

/// Refuses a session's requests over its limit.
pub async fn per_session(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let requester = request.extensions().get::<Requester>();
    match requester.map_or(Ok(()), |requester| state.limits.take_request_of(&requester.session_hash)) {
        Ok(()) => next.run(request).await,
        Err(seconds) => error_page::refuse(&state, &Asker::of(&request), AppError::TooOften { seconds }),
    }
}

/// Sheds requests while too many are in progress. Health checks are always answered.
pub async fn shed(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if Entry::of(request.extensions()).is_health() {
        return next.run(request).await;
    }
    match state.limits.places().clone().try_acquire_owned() {
        Ok(_at_work) => next.run(request).await,
        Err(_) => error_page::refuse(&state, &Asker::of(&request), AppError::Overloaded),
    }
}
