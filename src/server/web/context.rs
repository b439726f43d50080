//! What a server function or a page being rendered can ask: who requests, which services there are, and how to answer a
//! form. The one place that provides Leptos contexts, for pages and server functions alike.

use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header, request::Parts};
use leptos::{nonce::Nonce, prelude::*};
use leptos_axum::ResponseOptions;
use tower_sessions::Session;

pub use crate::model::access::requester::Requester;

use super::{
    endpoints::{Caller, Endpoint, Entry, Kind, Limits},
    middleware::{client_address::ClientAddress, headers::ResponseNonce, request_id::RequestId},
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
        accounts::{Accounts, sessions::SignIn},
        inventory::pauses::PauseError,
    },
    view::{
        error_page::Reference,
        frame_source::FrameSource,
        keys,
        pages::{Frame, SignedIn},
    },
};

/// Everything about one request.
#[derive(Clone)]
pub struct RequestContext {
    pub state: AppState,
    pub(super) parts: Parts,
}

/// Provides the contexts of a request. Registered once for pages and once for server functions, from the same call.
pub fn provide(state: AppState) {
    let Some(parts) = use_context::<Parts>() else { return };
    if let Some(ResponseNonce(nonce)) = parts.extensions.get::<ResponseNonce>() {
        // After leptos_axum's own: the nonce of the header must be the one on the scripts.
        provide_context(Nonce::from_value(nonce.clone()));
    }
    provide_context(state.assets.clone());
    provide_context(Reference(RequestId::of(&parts.extensions).to_string()));
    provide_context(FrameSource(|| current().map(|cx| cx.frame()).unwrap_or_default()));
    provide_context(RequestContext { state, parts });
}

/// Whether the page that is asked for stays as it comes.
pub fn is_plain_page() -> bool {
    let endpoint = use_context::<Parts>().and_then(|parts| Entry::of(&parts.extensions).endpoint());
    endpoint.is_some_and(|endpoint| endpoint.kind == Kind::PlainPage)
}

/// The context of the running server function or page.
///
/// # Errors
/// Outside a request, as when the list of routes is made at the start.
pub fn current() -> Result<RequestContext, AppError> {
    use_context::<RequestContext>().ok_or_else(|| AppError::Internal { reference: "no request".to_owned() })
}

impl RequestContext {
    /// The signed-in person.
    ///
    /// # Errors
    /// When nobody is signed in.
    pub fn requester(&self) -> Result<Requester, AppError> {
        self.parts.extensions.get::<Requester>().cloned().ok_or(AppError::SignedOut)
    }

    /// The signed-in person, if the role has the permission. The middleware has asked already; this is for pages that
    /// depend on it and a second line behind the table.
    ///
    /// # Errors
    /// When nobody is signed in or the role may not.
    pub fn require(&self, permission: Permission) -> Result<Requester, AppError> {
        let requester = self.requester()?;
        if requester.role.may(permission) { Ok(requester) } else { Err(AppError::NotPermitted) }
    }

    /// The stream that a request names, if there is one of that name for this person.
    ///
    /// # Errors
    /// When it is not written like a stream's, or outside the person's scope: that is the same as not being there.
    pub fn stream_in_scope(
        &self,
        requester: &Requester,
        account: &str,
        region: &str,
        name: &str,
    ) -> Result<StreamId, AppError> {
        let key = StreamId::parse(account, region, name).ok().filter(|key| requester.scope.covers(key));
        key.ok_or_else(|| self.fail(AppError::NotFound))
    }

    /// What pages show of the signed-in person.
    pub fn signed_in(&self) -> Option<SignedIn> {
        let requester = self.requester().ok()?;
        let may_change = requester.role.may(Permission::Change) && !self.state.is_read_only;
        let sees_whole_audit = requester.sees_whole_audit();
        Some(SignedIn { name: requester.user_name, role: requester.role, may_change, sees_whole_audit })
    }

    /// What the frame of a page shows: of the targets only to people who are signed in.
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
            is_read_only: self.state.is_read_only,
            rev: inventory.events().rev(),
            now: self.state.clock.now(),
            version: self.state.assets.version(),
        }
    }

    fn pattern(&self) -> &'static str {
        Entry::of(&self.parts.extensions).pattern()
    }

    fn endpoint(&self) -> Option<&'static Endpoint> {
        Entry::of(&self.parts.extensions).endpoint()
    }

    /// Notes that a person acted, where the registry leaves it to the function to say so.
    pub async fn record_human(&self) {
        let is_left_to_us = self.endpoint().is_some_and(|endpoint| endpoint.caller == Caller::Either);
        if !is_left_to_us || is_own_refresh(&self.parts.uri) {
            return;
        }
        if let Ok(requester) = self.requester() {
            self.state.sign_ins.sessions.record_human(&requester).await;
        }
    }

    /// Lets the person walk through the whole chain or journal once more.
    ///
    /// # Errors
    /// When it was too often, or the registry doesn't say that the endpoint does such a thing.
    pub fn take_costly_act(&self, requester: &Requester) -> Result<(), AppError> {
        if self.endpoint().is_none_or(|endpoint| endpoint.limits != Limits::Costly) {
            return Err(self.fail_internal(&"the registry of endpoints doesn't declare this act as costly"));
        }
        let taken = self.state.limits.take_costly_act(&requester.user_id);
        taken.map_err(|seconds| self.fail(AppError::TooOften { seconds }))
    }

    /// The session of the request.
    ///
    /// # Errors
    /// When the session layer is missing: a fault of the router.
    pub fn session(&self) -> Result<Session, AppError> {
        self.parts
            .extensions
            .get::<Session>()
            .cloned()
            .ok_or_else(|| AppError::Internal { reference: "no session layer".to_owned() })
    }

    /// Begins the session of a sign-in; whatever session the request came with ends.
    ///
    /// # Errors
    /// When the former session could not be ended.
    pub async fn begin_session(&self, sign_in: &SignIn) -> Result<(), AppError> {
        let session = self.session().map_err(|error| self.fail(error))?;
        session_store::begin(&session, sign_in).await.map_err(|error| self.fail_internal(&error))
    }

    /// The client's address, as far as it is believed.
    pub fn address(&self) -> String {
        self.parts.extensions.get::<ClientAddress>().map_or_else(String::new, |address| address.0.to_string())
    }

    /// Somebody who is not signed in, as the audit chain names such people.
    pub fn stranger(&self) -> Actor {
        Actor { name: String::new(), address: self.address(), user_agent: self.user_agent() }
    }

    /// The users, as this person manages them now.
    pub fn accounts(&self, requester: &Requester) -> Accounts<'_> {
        self.state.users.managed_by(requester.actor())
    }

    /// The client's `User-Agent`, at most 300 characters of it.
    pub fn user_agent(&self) -> String {
        user_agent(&self.parts.headers)
    }

    /// Whether the request is a plain form's or a page's: the answer is a redirect or a page, not JSON.
    pub fn wants_html(&self) -> bool {
        wants_html(&self.parts.headers)
    }

    /// Ends an answer with an error: sets its status and gives it back.
    pub fn fail(&self, error: AppError) -> AppError {
        if let Some(options) = use_context::<ResponseOptions>()
            && let Ok(status) = StatusCode::from_u16(error.status())
        {
            options.set_status(status);
            if status == StatusCode::SERVICE_UNAVAILABLE {
                options.insert_header(header::RETRY_AFTER, HeaderValue::from_static("60"));
            }
        }
        error
    }

    /// As [`RequestContext::fail`] for a fault of the store: logged here, told without internals.
    pub fn fail_store(&self, error: &dyn std::fmt::Display) -> AppError {
        tracing::error!(%error, "{} failed: {error}", self.pattern());
        self.fail(AppError::Unavailable)
    }

    /// As [`RequestContext::fail`] for a target that went on as before.
    pub fn fail_pause(&self, error: &PauseError) -> AppError {
        match error {
            PauseError::NotFound => self.fail(AppError::NotFound),
            PauseError::Store(error) => self.fail_store(error),
        }
    }

    /// As [`RequestContext::fail`] for a fault of Keystream's own.
    pub fn fail_internal(&self, error: &dyn std::fmt::Display) -> AppError {
        tracing::error!(%error, "{} failed: {error}", self.pattern());
        self.fail(AppError::Internal { reference: RequestId::of(&self.parts.extensions).to_string() })
    }

    /// Sends a plain form to a page of this site (303). For requests that do not want HTML nothing happens.
    pub fn see_other(&self, path: &str) {
        let Some(options) = use_context::<ResponseOptions>().filter(|_| self.wants_html()) else { return };
        let Ok(location) = HeaderValue::from_str(path) else { return };
        options.set_status(StatusCode::SEE_OTHER);
        options.insert_header(header::LOCATION, location);
    }
}

/// Whether a page reloads itself: `live=1` in its address says so.
pub fn is_own_refresh(uri: &Uri) -> bool {
    uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "live=1"))
}

/// Whether a request accepts a page.
pub fn wants_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

/// A request's `User-Agent`, at most 300 characters of it.
pub fn user_agent(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).map(|agent| String::from_utf8_lossy(agent.as_bytes()).into_owned());
    agent.unwrap_or_default().chars().filter(|c| !c.is_control()).take(300).collect()
}
