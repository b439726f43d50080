//! The context of a server function or of a page being rendered: the requester, the services, and the ways to answer a
//! form. No other module provides Leptos contexts, for pages or for server functions.

use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header, request::Parts};
use leptos::{nonce::Nonce, prelude::*};
use leptos_axum::ResponseOptions;
use tower_sessions::Session;

pub use crate::model::access::requester::Requester;

use super::{
    endpoints::{Endpoint, Entry, Limits},
    events_tag,
    middleware::{client_address, headers::ResponseNonce, request_id::RequestId},
    session_store,
    state::AppState,
};
use crate::{
    error::AppError,
    model::{
        access::{actor::Actor, identity::Permission},
        stream::StreamId,
        time::{DAY_MS, Timestamp},
    },
    server::services::{
        accounts::{Accounts, new_session::SignIn},
        audit::{NoPlace, SearchError},
        inventory::pauses::PauseError,
    },
    view::{
        error_page::Reference,
        keys,
        pages::{Frame, SignedIn},
    },
};

/// The application state and the head of one request.
#[derive(Clone)]
pub struct RequestContext {
    pub state: AppState,
    pub(super) parts: Parts,
}

/// Provides the contexts of a request. Pages and server functions share one registration.
pub fn provide(state: AppState) {
    let Some(parts) = use_context::<Parts>() else { return };
    if let Some(ResponseNonce(nonce)) = parts.extensions.get::<ResponseNonce>() {
        // Provided after leptos_axum's own nonce to replace it: the nonce in the header must match the one on the
        // scripts.
        provide_context(Nonce::from_value(nonce.clone()));
    }
    provide_context(state.assets.clone());
    provide_context(Reference(RequestId::of(&parts.extensions).to_string()));
    provide_context(RequestContext { state, parts });
}

/// Returns the context of the running server function or page.
///
/// # Errors
/// Returns `AppError::Internal` outside a request, for example while Leptos generates the list of routes at startup.
pub fn current() -> Result<RequestContext, AppError> {
    use_context::<RequestContext>().ok_or_else(|| AppError::Internal { reference: "no request".to_owned() })
}

impl RequestContext {
    /// Returns whether the request is a page's own refresh.
    pub fn is_own_refresh(&self) -> bool {
        is_own_refresh(&self.parts.uri)
    }

    /// Returns the signed-in user.
    ///
    /// # Errors
    /// Returns `AppError::SignedOut` if no user is signed in.
    pub fn requester(&self) -> Result<Requester, AppError> {
        self.parts.extensions.get::<Requester>().cloned().ok_or(AppError::SignedOut)
    }

    /// Returns an id that a form or an address names.
    ///
    /// # Errors
    /// Returns `AppError::NotFound` if no id looks like this. It isn't looked for: a database may not even take it.
    pub fn id(&self, text: String) -> Result<String, AppError> {
        if is_id(&text) { Ok(text) } else { Err(self.fail(AppError::NotFound)) }
    }

    /// Returns the signed-in user if their role has the permission.
    ///
    /// The middleware has already checked it. This is for pages that depend on the permission, and a second line of
    /// defense behind the registry.
    ///
    /// # Errors
    /// Returns `AppError::SignedOut` if no user is signed in, and `AppError::NotPermitted` if the role lacks the
    /// permission.
    pub fn require(&self, permission: Permission) -> Result<Requester, AppError> {
        let requester = self.requester()?;
        if requester.role.may(permission) { Ok(requester) } else { Err(AppError::NotPermitted) }
    }

    /// Returns the id of the stream that a request names, if the user's scope covers it.
    ///
    /// # Errors
    /// Returns `AppError::NotFound` if the parts do not form a valid stream id or the stream is outside the user's
    /// scope. Both look like a stream that does not exist.
    pub fn stream_in_scope(
        &self,
        requester: &Requester,
        account: &str,
        region: &str,
        name: &str,
    ) -> Result<StreamId, AppError> {
        let key = StreamId::parse_path(account, region, name).ok().filter(|key| requester.scope.covers(key));
        key.ok_or_else(|| self.fail(AppError::NotFound))
    }

    /// Returns what pages show of the signed-in user.
    pub fn signed_in(&self) -> Option<SignedIn> {
        let requester = self.requester().ok()?;
        let may_change = requester.role.may(Permission::Change) && !self.state.read_only.is_on();
        let sees_whole_audit = requester.sees_whole_audit();
        Some(SignedIn { name: requester.user_name, role: requester.role, may_change, sees_whole_audit })
    }

    /// Returns what the frame of a page shows. Only signed-in users see anything of the targets.
    pub fn frame(&self) -> Frame {
        let requester = self.requester().ok();
        let inventory = &self.state.inventory;
        let is_recent = |at: &Timestamp| self.state.clock.now().millis_since(*at) < DAY_MS;
        Frame {
            targets: requester.as_ref().map_or_else(Vec::new, |requester| inventory.health(&requester.scope)),
            break_glass_at: requester.as_ref().and_then(|requester| requester.break_glass_at).filter(is_recent),
            key_alarms: requester.as_ref().map_or_else(Vec::new, |requester| {
                self.state.changes.keys.alarms(&requester.scope).iter().filter_map(keys::alarm).collect()
            }),
            parts_down: requester.as_ref().map_or_else(Vec::new, |_| self.state.supervisor.down()),
            user: self.signed_in(),
            is_demo: self.state.is_demo,
            is_read_only: self.state.read_only.is_on(),
            chain_alarm: requester.as_ref().and_then(|_| self.state.read_only.alarm()),
            rev: inventory.events().rev(),
            now: self.state.clock.now(),
            version: self.state.assets.version().to_owned(),
            events_tag: requester
                .as_ref()
                .map_or_else(String::new, |requester| events_tag::of(requester, self.state.read_only.is_on())),
        }
    }

    fn pattern(&self) -> &'static str {
        Entry::of(&self.parts.extensions).pattern()
    }

    fn endpoint(&self) -> Option<&'static Endpoint> {
        Entry::of(&self.parts.extensions).endpoint()
    }

    /// Admits one more read of the whole audit chain or journal by this user.
    ///
    /// # Errors
    /// Returns `AppError::TooOften` if the user is over the limit, and `AppError::Internal` if the registry does not
    /// declare the endpoint as costly.
    pub fn take_costly_act(&self, requester: &Requester) -> Result<(), AppError> {
        if self.endpoint().is_none_or(|endpoint| endpoint.limits != Limits::Costly) {
            return Err(self.fail_internal(&"the registry of endpoints doesn't declare this act as costly"));
        }
        let taken = self.state.limits.take_costly_act(&requester.user_id);
        taken.map_err(|seconds| self.fail(AppError::TooOften { seconds }))
    }

    /// Returns the session of the request.
    ///
    /// # Errors
    /// Returns `AppError::Internal` if the session layer is missing, which is a fault of the router.
    pub fn session(&self) -> Result<Session, AppError> {
        self.parts
            .extensions
            .get::<Session>()
            .cloned()
            .ok_or_else(|| AppError::Internal { reference: "no session layer".to_owned() })
    }

    /// Begins the session of a sign-in and ends any session that the request came with.
    ///
    /// # Errors
    /// Returns `AppError::Internal` if the previous session could not be ended.
    pub async fn begin_session(&self, sign_in: SignIn) -> Result<(), AppError> {
        let session = self.session().map_err(|error| self.fail(error))?;
        session_store::begin(&session, sign_in).await.map_err(|error| self.fail_internal(&error))
    }

    /// Returns the actor of an unauthenticated request, as the audit chain names it.
    pub fn stranger(&self) -> Actor {
        client_address::stranger(&self.parts.extensions, &self.parts.headers)
    }

    /// Returns the user accounts, managed on behalf of this user.
    pub fn accounts(&self, requester: &Requester) -> Accounts<'_> {
        self.state.users.managed_by(requester.actor())
    }

    /// Returns whether the request comes from a plain form or a page, so that the response is a redirect or a page
    /// instead of JSON.
    pub fn wants_html(&self) -> bool {
        wants_html(&self.parts.headers)
    }

    /// Sets the response status for an error and returns the error.
    pub fn fail(&self, error: AppError) -> AppError {
        if let Some(options) = use_context::<ResponseOptions>()
            && let Ok(status) = StatusCode::from_u16(error.status())
        {
            options.set_status(status);
            let retry_after = match &error {
                AppError::Overloaded | AppError::SearchRunning | AppError::SearchesBusy => Some("5"),
                error if error.status() == StatusCode::SERVICE_UNAVAILABLE.as_u16() => Some("60"),
                _ => None,
            };
            if let Some(seconds) = retry_after {
                options.insert_header(header::RETRY_AFTER, HeaderValue::from_static(seconds));
            }
        }
        error
    }

    /// Like [`RequestContext::fail`], for a database error: logs it and returns an error without internals.
    pub fn fail_store(&self, error: &dyn std::fmt::Display) -> AppError {
        tracing::error!(%error, "{} failed: {error}", self.pattern());
        self.fail(AppError::Unavailable)
    }

    /// Like [`RequestContext::fail`], for a search of the audit chain that couldn't be run.
    pub fn fail_search(&self, error: &SearchError) -> AppError {
        match error {
            SearchError::NoPlace(none) => self.fail(search_refused(*none)),
            SearchError::Store(error) => self.fail_store(error),
        }
    }

    /// Like [`RequestContext::fail`], for a pause or resume that left the target unchanged.
    pub fn fail_pause(&self, error: &PauseError) -> AppError {
        match error {
            PauseError::NotFound => self.fail(AppError::NotFound),
            PauseError::NotWhole => self.fail(AppError::NotPermitted),
            PauseError::Store(error) => self.fail_store(error),
        }
    }

    /// Like [`RequestContext::fail`], for an internal fault of Keystream: logs it and returns the request id as the
    /// reference.
    pub fn fail_internal(&self, error: &dyn std::fmt::Display) -> AppError {
        tracing::error!(%error, "{} failed: {error}", self.pattern());
        self.fail(AppError::Internal { reference: RequestId::of(&self.parts.extensions).to_string() })
    }

    /// Redirects a plain form to a page of this site (303). Does nothing if the request does not want HTML.
    pub fn see_other(&self, path: &str) {
        let Some(options) = use_context::<ResponseOptions>().filter(|_| self.wants_html()) else { return };
        let Ok(location) = HeaderValue::from_str(path) else { return };
        options.set_status(StatusCode::SEE_OTHER);
        options.insert_header(header::LOCATION, location);
    }
}

/// Returns the error for a search or export of the audit chain that can't begin now.
pub const fn search_refused(none: NoPlace) -> AppError {
    match none {
        NoPlace::OwnRunning => AppError::SearchRunning,
        NoPlace::OthersRunning => AppError::SearchesBusy,
    }
}

/// Returns whether the request is a page's own refresh, which `live=1` in its query marks.
pub fn is_own_refresh(uri: &Uri) -> bool {
    uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "live=1"))
}

/// Returns whether a request accepts HTML.
pub fn wants_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

/// Returns whether a text has the form of an id: those of rows and the hashes of sessions.
pub fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}
