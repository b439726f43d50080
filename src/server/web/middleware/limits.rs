//! Middleware that enforces the rate limits and sheds load.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};

use super::{client_address::ClientAddress, origin};
use crate::{
    error::AppError,
    model::access::{identity::Permission, requester::Requester},
    server::{
        adapters::clock::timeout,
        web::{
            browser_choice,
            endpoints::{Entry, Limits},
            handlers::error_page::{self, Asker},
            state::AppState,
        },
    },
};

/// How long a stranger's request waits while its network has as many requests in progress as it is allowed.
const WAIT_FOR_NETWORK: Duration = Duration::from_secs(5);

/// Refuses a network's requests over its limit, before any other check.
pub async fn per_network(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let Some(ClientAddress(address)) = request.extensions().get::<ClientAddress>().copied() else {
        return next.run(request).await;
    };
    let endpoint = Entry::of(request.extensions()).endpoint();
    let is_attempt = endpoint
        .is_some_and(|endpoint| endpoint.limits == Limits::Password && endpoint.permission == Permission::Public);
    // Another site's images can't use up the way to the provider: they are refused behind this.
    let is_of_provider = endpoint.is_some_and(|endpoint| endpoint.limits == Limits::Provider)
        && !origin::is_loaded_by_another_site(request.headers());
    let taken = state.limits.take_request_from(address, is_attempt);
    let of_provider = || if is_of_provider { state.limits.take_provider_request_from(address) } else { Ok(()) };
    match taken.and_then(|()| of_provider()) {
        Ok(()) => next.run(request).await,
        Err(seconds) => error_page::refuse(&state, &Asker::of(&request), AppError::TooOften { seconds }),
    }
}

/// Sheds requests while too many are in progress. Health checks are always answered.
///
/// A stranger's request first waits for its network, whose other strangers' requests end soon, and takes a place of
/// everybody's only then. Whoever brings a cookie is a stranger only once the session isn't found, in `per_session`.
pub async fn shed(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    if Entry::of(request.extensions()).is_health() {
        return next.run(request).await;
    }
    let address = request.extensions().get::<ClientAddress>().map(|address| address.0);
    let of_network = match address.filter(|_| !has_cookie(&state, &request)) {
        Some(address) => {
            request.extensions_mut().insert(IsStranger);
            match timeout(WAIT_FOR_NETWORK, state.limits.places_of(address).acquire_owned()).await {
                Ok(place) => place.ok(),
                Err(_) => return error_page::refuse(&state, &Asker::of(&request), AppError::Overloaded),
            }
        }
        None => None,
    };
    let response = match state.limits.places().clone().try_acquire_owned() {
        Ok(_at_work) => next.run(request).await,
        Err(_) => error_page::refuse(&state, &Asker::of(&request), AppError::Overloaded),
    };
    drop(of_network);
    response
}

/// The mark of a request without a session cookie, which has a place of its network's.
#[derive(Debug, Clone, Copy)]
struct IsStranger;

fn has_cookie(state: &AppState, request: &Request) -> bool {
    browser_choice::kept(request.headers(), &state.origin.cookie_name()).is_some()
}

/// Refuses a session's requests over its limit, and those of strangers beyond the places of their network.
pub async fn per_session(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let extensions = request.extensions();
    if let Some(requester) = extensions.get::<Requester>() {
        let endpoint = Entry::of(extensions).endpoint();
        let is_attempt = endpoint.is_some_and(|endpoint| endpoint.limits == Limits::Password);
        return match state.limits.take_request_of(&requester.session_hash, is_attempt) {
            Ok(()) => next.run(request).await,
            Err(seconds) => error_page::refuse(&state, &Asker::of(&request), AppError::TooOften { seconds }),
        };
    }
    let address = extensions.get::<ClientAddress>().map(|address| address.0);
    match address.filter(|_| extensions.get::<IsStranger>().is_none() && !Entry::of(extensions).is_health()) {
        None => next.run(request).await,
        Some(address) => match state.limits.places_of(address).try_acquire_owned() {
            Ok(_of_network) => next.run(request).await,
            Err(_) => error_page::refuse(&state, &Asker::of(&request), AppError::Overloaded),
        },
    }
}
