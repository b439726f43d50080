//! Puts the signed-in person into the request, and keeps the session's cookies as they must be.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use time::Duration;
use tower_sessions::{
    Session,
    cookie::{Cookie, CookieBuilder},
};

use super::client_address::ClientAddress;
use crate::{
    error::Refusal,
    server::web::{
        context,
        endpoints::{Caller, Entry},
        handlers::error_page::{self, Asker},
        session_store::{self, Found},
        state::AppState,
    },
};

/// Marks an answer whose request ended its session.
#[derive(Debug, Clone, Copy)]
struct SessionEnded;

/// Finds the person behind the session. A database that cannot be read is a 503, not a sign-out.
pub async fn identify(State(state): State<AppState>, session: Session, mut request: Request, next: Next) -> Response {
    let address = request.extensions().get::<ClientAddress>().map_or_else(String::new, |address| address.0.to_string());
    let agent = context::user_agent(request.headers());
    let had_session = match session_store::requester(&session, state.clock.now(), address, agent).await {
        Ok(Found::Person(requester)) => {
            if is_human(&request) {
                state.sign_ins.sessions.record_human(&requester).await;
            }
            request.extensions_mut().insert(requester);
            true
        }
        Ok(Found::Over) => true,
        Ok(Found::Nobody) => false,
        Err(error) => {
            tracing::error!(%error, "a session could not be read: {error}");
            return error_page::refuse(&state, &Asker::of(&request), Refusal::NoDatabase);
        }
    };
    let mut response = next.run(request).await;
    if had_session && session.is_empty().await {
        response.extensions_mut().insert(SessionEnded);
    }
    response
}

/// Whether a person causes the request, as far as that shows here. Somebody who looks for what isn't there does.
fn is_human(request: &Request) -> bool {
    let caller = Entry::of(request.extensions()).at_path().map_or(Caller::Person, |endpoint| endpoint.caller);
    caller == Caller::Person && !context::is_own_refresh(request.uri())
}

/// Gives tower-sessions' bare 500 (a session that could not be written or ended) its words: a database that is not
/// there is a 503.
pub async fn say_when_down(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let asker = Asker::of(&request);
    let response = next.run(request).await;
    let is_bare = response.status() == StatusCode::INTERNAL_SERVER_ERROR
        && !response.headers().contains_key(header::CONTENT_TYPE);
    if is_bare { error_page::refuse(&state, &asker, Refusal::NoDatabase) } else { response }
}

/// Keeps removal cookies to the answers whose request ended the session: tower-sessions also sends one to whoever comes
/// with an id that it does not know, and an open page's own request would take away the cookie of a session that was
/// begun meanwhile. Adds `Secure` where it is missing and the site is https: browsers ignore a `__Host-` cookie without
/// it, and the removal cookie of tower-sessions 0.15 has none, so that signing out would leave the cookie behind.
pub async fn mend_cookies(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let is_end = response.extensions().get::<SessionEnded>().is_some();
    let cookies: Vec<HeaderValue> = response.headers().get_all(header::SET_COOKIE).iter().cloned().collect();
    response.headers_mut().remove(header::SET_COOKIE);
    for cookie in cookies.iter().filter_map(|cookie| Cookie::parse(cookie.to_str().ok()?).ok()) {
        let is_removal = cookie.max_age().is_some_and(Duration::is_zero);
        let cookie = CookieBuilder::from(cookie).secure(state.origin.is_https).to_string();
        if let (true, Ok(cookie)) = (is_end || !is_removal, HeaderValue::from_str(&cookie)) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}
