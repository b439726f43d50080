//! Middleware that puts the signed-in user into the request and corrects the session cookies.

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

use super::client_address;
use crate::{
    error::Refusal,
    model::access::actor::Actor,
    server::web::{
        context,
        endpoints::{Caller, Entry},
        handlers::error_page::{self, Asker},
        session_store::{self, Found},
        state::AppState,
    },
};

/// The user of a request whose session was past its limits, or whose rights had lapsed. The request is nobody's, but
/// what was typed into its form is kept for this user.
#[derive(Debug, Clone)]
pub struct EndedSession {
    pub user_id: String,
}

/// The mark of a response whose request ended its session.
#[derive(Debug, Clone, Copy)]
struct SessionEnded;

/// Finds the user of the session. A database that cannot be read is a 503, not a sign-out. Health checks are nobody's,
/// whatever cookie they bring: they say how the server is when the database isn't there.
pub async fn identify(State(state): State<AppState>, session: Session, mut request: Request, next: Next) -> Response {
    if Entry::of(request.extensions()).is_health() {
        return next.run(request).await;
    }
    let Actor { address, user_agent, .. } = client_address::stranger(request.extensions(), request.headers());
    let had_session = match session_store::requester(&session, state.clock.now(), address, user_agent).await {
        Ok(Found::Person(requester)) => {
            if is_human(&request) {
                state.sign_ins.sessions.record_human(&requester).await;
            }
            request.extensions_mut().insert(requester);
            true
        }
        Ok(Found::Over { user_id }) => {
            // The page's own requests leave the cookie: a form that is sent afterwards finds its author by it.
            if is_human(&request) {
                session_store::forget(&session).await;
            }
            request.extensions_mut().insert(EndedSession { user_id });
            true
        }
        Ok(Found::Lapsed(lapsed)) => {
            request.extensions_mut().insert(EndedSession { user_id: lapsed.user_id.clone() });
            request.extensions_mut().insert(lapsed);
            true
        }
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

/// Returns whether a user causes the request, as far as can be seen here. A request for an unknown path counts as a
/// user's.
fn is_human(request: &Request) -> bool {
    let caller = Entry::of(request.extensions()).at_path().map_or(Caller::Person, |endpoint| endpoint.caller);
    caller == Caller::Person && !context::is_own_refresh(request.uri())
}

/// Gives tower-sessions' bare 500 (a session that could not be written or ended) an error page. An unavailable database
/// is a 503.
pub async fn say_when_down(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let asker = Asker::of(&request);
    let response = next.run(request).await;
    let is_bare = response.status() == StatusCode::INTERNAL_SERVER_ERROR
        && !response.headers().contains_key(header::CONTENT_TYPE);
    if is_bare { error_page::refuse(&state, &asker, Refusal::NoDatabase) } else { response }
}

/// Keeps removals of the session's cookie only on responses whose request ended the session, and adds a missing
/// `Secure` if the site is https.
///
/// tower-sessions also sends a removal cookie to a client with an unknown session id, so a request from an open page
/// could remove the cookie of a session begun meanwhile. Browsers ignore a `__Host-` cookie without `Secure`, and the
/// removal cookie of tower-sessions 0.15 has none, so signing out would leave the cookie behind.
pub async fn mend_cookies(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let session = state.origin.cookie_name();
    let is_end = response.extensions().get::<SessionEnded>().is_some();
    let cookies: Vec<HeaderValue> = response.headers().get_all(header::SET_COOKIE).iter().cloned().collect();
    response.headers_mut().remove(header::SET_COOKIE);
    for cookie in cookies.iter().filter_map(|cookie| Cookie::parse(cookie.to_str().ok()?).ok()) {
        let is_removal = cookie.name() == session && cookie.max_age().is_some_and(Duration::is_zero);
        let cookie = CookieBuilder::from(cookie).secure(state.origin.is_https).to_string();
        if let (true, Ok(cookie)) = (is_end || !is_removal, HeaderValue::from_str(&cookie)) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}
