//! `/auth/oidc/...`: the way to the company's provider and back, and the logouts that it announces.

use std::net::IpAddr;

use axum::{
    body::to_bytes,
    extract::{Request, State},
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use time::Duration;
use tower_sessions::{
    Session,
    cookie::{Cookie, SameSite},
};
use url::form_urlencoded;

use super::error_page::{self, Asker};
use crate::{
    error::{AppError, Refusal},
    model::{
        access::{
            actor::Actor,
            next_page::safe_next,
            provider::SignInPurpose,
            requester::Requester,
            session::{Rights, rights_at},
        },
        forms::FormMistake,
    },
    server::{
        services::accounts::provider::{
            BeginError, Brought, Finished, LapsedSession, LogoutError, ProviderSignIns, Visitor,
        },
        web::{
            browser_choice,
            endpoints::{Effect, Endpoint, REGISTRY},
            middleware::{
                body::LONGEST,
                client_address::{self, ClientAddress},
                origin,
            },
            session_store,
            state::AppState,
        },
    },
};

/// How long a browser keeps the cookie of a sign-in.
const COOKIE_KEPT_FOR: Duration = Duration::minutes(10);
/// What the start is asked for, in its query.
const RENEWAL: &str = "renewal";
const CONFIRMATION: &str = "confirmation";

/// Returns the address that sends a browser to the provider and then on to `next`.
pub fn start_address(purpose: SignInPurpose, next: &str) -> String {
    let wanted = match purpose {
        SignInPurpose::SignIn => String::new(),
        SignInPurpose::Renewal => format!("for={RENEWAL}&"),
        SignInPurpose::Confirmation => format!("for={CONFIRMATION}&"),
    };
    format!("/auth/oidc/start?{wanted}next={}", utf8_percent_encode(next, NON_ALPHANUMERIC))
}

/// Sends a browser to the provider.
pub async fn start(State(state): State<AppState>, request: Request) -> Response {
    let asker = Asker::of(&request);
    let Some(provider) = &state.provider else { return error_page::refuse(&state, &asker, Refusal::NoSuchAddress) };
    let client = client_address::stranger(request.extensions(), request.headers());
    let query = Pairs::of(request.uri());
    let next = page_after(safe_next(&query.one("next").unwrap_or_default()));
    if query.one("for").as_deref() == Some(RENEWAL) && has_valid_rights(&state, &request) {
        return see_other(&next);
    }
    let (purpose, session_hash) = purpose_of(&request, query.one("for").as_deref());
    // Another site can at most renew rights that are due: for the same person, or not at all.
    if purpose != SignInPurpose::Renewal && !origin::is_from_own_link(request.headers(), &state.origin) {
        return match note_refused(&state, provider, request.extensions(), &client, "another site asked for it").await {
            Ok(()) => failed(FormMistake::SignInElsewhere, purpose, &next),
            Err(error) => unavailable(&state, &asker, &error),
        };
    }
    let name = state.origin.sign_in_cookie_name();
    let browser = browser_choice::kept(request.headers(), &name).map(|cookie| cookie.value().to_owned());
    match provider.begin(purpose, &session_hash, &next, browser).await {
        Ok(begun) => {
            let cookie = Cookie::build((name, begun.browser))
                .path("/")
                .max_age(COOKIE_KEPT_FOR)
                .same_site(SameSite::Lax)
                .http_only(true)
                .secure(state.origin.is_https);
            let mut response = see_other(&begun.url);
            if let Ok(cookie) = HeaderValue::from_str(&cookie.to_string()) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            response
        }
        Err(BeginError::Store(error)) => unavailable(&state, &asker, &error),
        Err(BeginError::Provider(error)) if purpose == SignInPurpose::Renewal => {
            match provider.put_off_renewal(&session_hash, &error).await {
                Ok(()) => see_other(&next),
                Err(error) => unavailable(&state, &asker, &error),
            }
        }
        Err(BeginError::Provider(error)) => {
            tracing::error!(%error, "nobody can sign in with the company's provider: {error}");
            match note_refused(&state, provider, request.extensions(), &client, &error.to_string()).await {
                Ok(()) => failed(FormMistake::ProviderDown, purpose, &next),
                Err(error) => unavailable(&state, &asker, &error),
            }
        }
    }
}

/// Takes a browser that comes back from the provider.
pub async fn callback(State(state): State<AppState>, request: Request) -> Response {
    let asker = Asker::of(&request);
    let Some(provider) = &state.provider else { return error_page::refuse(&state, &asker, Refusal::NoSuchAddress) };
    let query = Pairs::of(request.uri());
    let brought = Brought {
        state: query.one("state"),
        code: query.one("code"),
        error: query.one("error"),
        issuer: query.one("iss"),
    };
    let cookie = browser_choice::kept(request.headers(), &state.origin.sign_in_cookie_name());
    let extensions = request.extensions();
    let requester = extensions.get::<Requester>().cloned();
    let lapsed = extensions.get::<LapsedSession>().map(|lapsed| lapsed.session_hash.clone());
    let client = client_address::stranger(request.extensions(), request.headers());
    let visitor = Visitor {
        browser: cookie.map(|cookie| cookie.value().to_owned()),
        client: client.clone(),
        session_hash: requester.as_ref().map(|requester| requester.session_hash.clone()).or(lapsed),
        requester,
    };
    match provider.finish(&visitor, &brought).await {
        Ok(Finished::Renewed { next }) => see_other(&next),
        Ok(Finished::Failed { problem, purpose, next }) => failed(problem, purpose, &next),
        Ok(Finished::NotBegun { why }) => {
            match note_refused(&state, provider, request.extensions(), &client, why).await {
                Ok(()) => failed(FormMistake::SignInStale, SignInPurpose::SignIn, "/streams"),
                Err(error) => unavailable(&state, &asker, &error),
            }
        }
        Ok(Finished::SignedIn { sign_in, next }) => {
            let Some(session) = extensions.get::<Session>() else {
                return error_page::refuse(&state, &asker, asker.internal());
            };
            match session_store::begin(session, *sign_in).await {
                Ok(()) => see_other(&next),
                Err(error) => unavailable(&state, &asker, &error),
            }
        }
        Err(error) => unavailable(&state, &asker, &error),
    }
}

/// Ends sessions because the provider says so. It proves itself by the token's signature, so it may ask from anywhere.
pub async fn log_out(State(state): State<AppState>, request: Request) -> Response {
    let asker = Asker::of(&request);
    let Some(provider) = &state.provider else { return error_page::refuse(&state, &asker, Refusal::NoSuchAddress) };
    let (client, address) =
        (client_address::stranger(request.extensions(), request.headers()), address_of(request.extensions()));
    let Some(token) = token_of(request).await else { return invalid("the body isn't a form with one logout_token") };
    match provider.log_out(&token).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(LogoutError::Store(error)) => unavailable(&state, &asker, &error),
        Err(error) => {
            tracing::warn!(%error, "a logout of the company's provider was refused: {error}");
            if state.limits.notes_refusal_from(address)
                && let Err(error) = provider.record_refused_logout(&client, &error).await
            {
                return unavailable(&state, &asker, &error);
            }
            invalid(&error.to_string())
        }
    }
}

/// Returns the page to continue to after the provider. An endpoint that links on other sites may not open can't be
/// opened on the way back from one either; the page that links to it can.
fn page_after(next: String) -> String {
    let (path, query) = next.split_once('?').unwrap_or((&next, ""));
    let is_recorded = |endpoint: &&Endpoint| endpoint.path == path && endpoint.effect == Effect::Records;
    match REGISTRY.iter().find(is_recorded).and_then(|_| path.rsplit_once('/')) {
        Some((page, _)) if query.is_empty() => page.to_owned(),
        Some((page, _)) => format!("{page}?{query}"),
        None => next,
    }
}

/// Records that a sign-in wasn't begun here, or couldn't be. Anybody can cause that as often as they like, so not every
/// one is recorded.
async fn note_refused(
    state: &AppState,
    provider: &ProviderSignIns,
    extensions: &Extensions,
    client: &Actor,
    why: &str,
) -> Result<(), BeginError> {
    if !state.limits.notes_refusal_from(address_of(extensions)) {
        return Ok(());
    }
    Ok(provider.record_refused(client, why).await?)
}

/// Returns whether there is nothing to renew: another window may just have done it.
fn has_valid_rights(state: &AppState, request: &Request) -> bool {
    let requester = request.extensions().get::<Requester>();
    requester.is_some_and(|requester| rights_at(requester.rights_until, state.clock.now()) == Rights::Valid)
}

fn purpose_of(request: &Request, wanted: Option<&str>) -> (SignInPurpose, String) {
    let extensions = request.extensions();
    let requester = extensions.get::<Requester>().filter(|requester| requester.is_of_provider());
    let lapsed = extensions.get::<LapsedSession>().map(|lapsed| lapsed.session_hash.clone());
    let live = requester.map(|requester| requester.session_hash.clone());
    match (wanted, live) {
        (Some(CONFIRMATION), Some(live)) => (SignInPurpose::Confirmation, live),
        (Some(RENEWAL), live) => match live.or(lapsed) {
            Some(session) => (SignInPurpose::Renewal, session),
            None => (SignInPurpose::SignIn, String::new()),
        },
        _ => (SignInPurpose::SignIn, String::new()),
    }
}

/// Leads to the page that says what went wrong, and from which the person can try again.
fn failed(problem: FormMistake, purpose: SignInPurpose, next: &str) -> Response {
    let page = match purpose {
        SignInPurpose::Confirmation => "/confirm-identity",
        SignInPurpose::SignIn | SignInPurpose::Renewal => "/sign-in",
    };
    see_other(&format!("{page}?problem={problem}&next={}", utf8_percent_encode(next, NON_ALPHANUMERIC)))
}

fn see_other(address: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response()
}

fn unavailable(state: &AppState, asker: &Asker, error: &dyn std::fmt::Display) -> Response {
    tracing::error!(%error, "a sign-in with the company's provider could not be written: {error}");
    error_page::refuse(state, asker, AppError::Unavailable)
}

/// Answers a logout that isn't accepted (OpenID Connect Back-Channel Logout, section 2.8).
fn invalid(why: &str) -> Response {
    let body = json!({"error": "invalid_request", "error_description": why}).to_string();
    (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

async fn token_of(request: Request) -> Option<String> {
    let (head, body) = request.into_parts();
    if !is_form(&head.headers) {
        return None;
    }
    let body = to_bytes(body, LONGEST).await.ok()?;
    Pairs(form_urlencoded::parse(&body).into_owned().collect()).one("logout_token")
}

fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

fn address_of(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ClientAddress>().map(|address| address.0)
}

/// The pairs of a query or a form.
struct Pairs(Vec<(String, String)>);

impl Pairs {
    fn of(uri: &Uri) -> Self {
        Self(form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect())
    }

    /// Returns the value of a name that is there exactly once.
    fn one(&self, name: &str) -> Option<String> {
        let mut values = self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
        let (Some(value), None) = (values.next(), values.next()) else { return None };
        Some(value.clone())
    }
}
