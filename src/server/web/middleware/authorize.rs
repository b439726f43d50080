//! Middleware that enforces the registry's permissions before any part of the request is decoded.

use axum::{
    extract::{Request, State},
    http::{Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    error::{AppError, Refusal},
    model::access::{identity::Permission, next_page::safe_next},
    server::{
        services::audit::{AuditAction, AuditEvent},
        web::{
            context::{self, Requester},
            endpoints::{Entry, Handler},
            forms,
            handlers::error_page::{self, Asker},
            middleware::{late_sign_out, renewal, session::EndedSession},
            state::AppState,
        },
    },
};

/// Admits a request if the registry permits it to the user. Refuses requests without a registry entry.
pub async fn enforce(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if let Some(address) = renewal::address(&state, &request) {
        return (StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response();
    }
    let entry = Entry::of(request.extensions());
    let role = request.extensions().get::<Requester>().map(|requester| requester.role);
    match (entry, role) {
        (Entry::Declared(endpoint), _) if endpoint.permission == Permission::Public => next.run(request).await,
        (Entry::Declared(endpoint), Some(role)) if role.may(endpoint.permission) => next.run(request).await,
        (Entry::Declared(endpoint), Some(_)) => {
            let needed = Refusal::Role(endpoint.permission);
            let refused = error_page::refuse(&state, &Asker::of(&request), needed);
            if let Some(event) = refusal(&state, &request)
                && let Err(error) = state.audit.append(event).await
            {
                tracing::error!(%error, "a refusal could not be written to the audit chain: {error}");
            }
            refused
        }
        (Entry::OtherMethod(endpoint), Some(_)) => {
            let refusal = Refusal::OtherMethod { allowed: endpoint.verb.allowed() };
            error_page::refuse(&state, &Asker::of(&request), refusal)
        }
        (Entry::Missing, Some(_)) => error_page::refuse(&state, &Asker::of(&request), Refusal::NoSuchAddress),
        (_, None) => to_sign_in(&state, request).await,
    }
}

/// Returns the audit event for a request that the role does not permit. A user's repeated refusals are not all
/// recorded; the requests are refused in any case.
fn refusal(state: &AppState, request: &Request) -> Option<AuditEvent> {
    let requester = request
        .extensions()
        .get::<Requester>()
        .filter(|requester| state.limits.notes_refusal_of(&requester.user_id))?;
    let asked_for = format!("{} {}", request.method(), request.uri().path());
    let result = format!("the role {} does not allow it", requester.role);
    Some(AuditEvent {
        result,
        ..AuditEvent::by(&requester.actor(), state.clock.now(), AuditAction::RequestRefused, &asked_for)
    })
}

/// Redirects page requests to sign in and then on, and answers all others with 401. Unknown paths get the same
/// response.
async fn to_sign_in(state: &AppState, request: Request) -> Response {
    // 204 tells an event source to stop reconnecting.
    if Entry::of(request.extensions()).is_of(Handler::Events) {
        return StatusCode::NO_CONTENT.into_response();
    }
    if !context::wants_html(request.headers()) {
        return error_page::json(StatusCode::UNAUTHORIZED, &AppError::SignedOut);
    }
    let asker = Asker::of(&request);
    if let Some(response) = late_sign_out::answer(state, request.extensions(), request.headers(), &asker).await {
        return response;
    }
    let wanted = match *request.method() {
        Method::GET | Method::HEAD => {
            request.uri().path_and_query().map_or("/streams", |path| path.as_str()).to_owned()
        }
        _ => page_of_form(state, request).await,
    };
    let next = safe_next(&wanted);
    let location = if matches!(next.as_str(), "/" | "/streams") {
        "/sign-in".to_owned()
    } else {
        format!("/sign-in?next={}", utf8_percent_encode(&next, NON_ALPHANUMERIC))
    };
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// Returns the page that a form was posted from: the confirmation with what was typed, if the session has just ended;
/// otherwise the path of the Referer.
async fn page_of_form(state: &AppState, request: Request) -> String {
    let referer = request.headers().get(header::REFERER).and_then(|referer| referer.to_str().ok());
    let path = referer.and_then(|referer| url::Url::parse(referer).ok()).map(|url| match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    });
    let path = path.unwrap_or_default();
    let endpoint = Entry::of(request.extensions()).endpoint();
    let ended = request.extensions().get::<EndedSession>().cloned();
    let (Some(endpoint), Some(EndedSession { user_id })) = (endpoint, ended) else { return path };
    let kept = forms::keep_after_session(state, &user_id, endpoint.path, request.into_body()).await;
    kept.unwrap_or(path)
}
