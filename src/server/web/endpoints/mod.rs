//! The registry of endpoints: everything that answers is declared once, in [`REGISTRY`], with all that the server needs
//! to know about it. The router mounts what is declared, and the middleware reads what [`find`] put into the request.
//!
//! Leptos keeps lists of its own for pages and server functions, so [`check`] compares them with the registry at the
//! start: the server doesn't start with an endpoint that isn't declared, or a declaration that nothing answers.

mod check;
mod table;

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{Extensions, Method},
    middleware::Next,
    response::Response,
    routing::MethodFilter,
};
use thiserror::Error;

pub use self::{
    check::{Answering, check},
    table::REGISTRY,
};
use crate::model::access::identity::Permission;

/// One way to ask for something, and the rules for those who ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint {
    pub verb: Verb,
    /// The path, as a pattern of axum.
    pub path: &'static str,
    pub kind: Kind,
    /// What its person needs. Asked before anything of the request is decoded.
    pub permission: Permission,
    pub takes: Takes,
    pub effect: Effect,
    pub caller: Caller,
    pub limits: Limits,
}

/// The method that an endpoint takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `HEAD` too.
    Get,
    Post,
}

/// What answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A page on which something moves: wasm takes it over.
    LivePage,
    /// A page that stays as it comes.
    PlainPage,
    /// A server function of `api`.
    ServerFunction,
    Handler(Handler),
}

/// What answers without Leptos. The router has the function for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handler {
    /// Leads to the list of streams.
    Home,
    Events,
    AuditExport,
    Liveness,
    Readiness,
    PolicyReports,
    /// The built browser half. Names that carry a hash are kept by browsers.
    Bundle,
    /// A file of `public`.
    PublicFile,
}

/// What the body of a request holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    Nothing,
    Form,
    Json,
    /// A report that a browser sends by itself, from whatever page: the only body that may come from another origin.
    Report,
}

/// What a request leaves behind, logs and notes in the audit chain aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Reads,
    /// A change, a user, a session or a pause. Taken from our own pages only.
    Writes,
}

/// Who causes a request. Sessions live from what people do, not from what their pages do by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// A person who follows a link or sends a form.
    Person,
    /// A page or a machine by itself.
    Page,
    /// Sometimes the one, sometimes the other. The function is told which, and notes a person's act itself.
    Either,
}

/// What is counted of its requests beside what is counted of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limits {
    Usual,
    /// A password can be tried, and each try costs a hash: attempts are counted by network.
    Password,
    /// May walk through the whole chain or journal: the endpoint knows when it does, and counts it by user.
    Costly,
    /// Asked by machines, under any host name. Answered however much is at work.
    Health,
}

impl Verb {
    /// As it is written in a request.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }

    pub const fn filter(self) -> MethodFilter {
        match self {
            Self::Get => MethodFilter::GET,
            Self::Post => MethodFilter::POST,
        }
    }

    pub const fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Post => Method::POST,
        }
    }

    fn covers(self, method: &Method) -> bool {
        *method == self.method() || (self == Self::Get && *method == Method::HEAD)
    }
}

impl Takes {
    /// The content type of the body, where there is one that the endpoint insists on.
    pub const fn content_type(self) -> Option<&'static str> {
        match self {
            Self::Nothing | Self::Report => None,
            Self::Form => Some("application/x-www-form-urlencoded"),
            Self::Json => Some("application/json"),
        }
    }
}

/// Why the server doesn't start.
#[derive(Debug, Error)]
pub enum RegistryError {
    #[error("the registry of endpoints cannot take {path}: {error}")]
    Path { path: &'static str, error: matchit::InsertError },
    #[error("not declared in the registry of endpoints: {}", .0.join(", "))]
    Undeclared(Vec<String>),
    #[error("declared in the registry of endpoints, but nothing answers: {}", .0.join(", "))]
    Unanswered(Vec<String>),
}

/// What the registry says of a request, in the request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    Declared(&'static Endpoint),
    /// The path is there; the method isn't.
    OtherMethod(&'static Endpoint),
    Missing,
}

impl Entry {
    /// The entry of a request that has passed [`find`].
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or(Self::Missing)
    }

    /// What will answer the request, if its person may ask.
    pub const fn endpoint(self) -> Option<&'static Endpoint> {
        match self {
            Self::Declared(endpoint) => Some(endpoint),
            Self::OtherMethod(_) | Self::Missing => None,
        }
    }

    /// What is at the path, whatever the method.
    pub const fn at_path(self) -> Option<&'static Endpoint> {
        match self {
            Self::Declared(endpoint) | Self::OtherMethod(endpoint) => Some(endpoint),
            Self::Missing => None,
        }
    }

    /// The pattern of the path, for logs.
    pub const fn pattern(self) -> &'static str {
        match self.at_path() {
            Some(endpoint) => endpoint.path,
            None => "unknown",
        }
    }

    /// Whether this handler is at the path.
    pub fn is_of(self, handler: Handler) -> bool {
        self.at_path().is_some_and(|endpoint| endpoint.kind == Kind::Handler(handler))
    }

    /// Whether health checks are at the path.
    pub fn is_health(self) -> bool {
        self.at_path().is_some_and(|endpoint| endpoint.limits == Limits::Health)
    }
}

/// The paths of the registry, to look requests up.
#[derive(Debug, Clone)]
pub struct Paths(matchit::Router<&'static Endpoint>);

impl Paths {
    /// # Errors
    /// When a path is no pattern, or is declared twice.
    pub fn of(endpoints: &'static [Endpoint]) -> Result<Self, RegistryError> {
        let mut paths = matchit::Router::new();
        for endpoint in endpoints {
            paths
                .insert(endpoint.path, endpoint)
                .map_err(|error| RegistryError::Path { path: endpoint.path, error })?;
        }
        Ok(Self(paths))
    }

    fn look_up(&self, method: &Method, path: &str) -> Entry {
        match self.0.at(path) {
            Ok(found) if found.value.verb.covers(method) => Entry::Declared(found.value),
            Ok(found) => Entry::OtherMethod(found.value),
            Err(_) => Entry::Missing,
        }
    }
}

/// Looks a request up, once and before everything else.
pub async fn find(State(paths): State<Arc<Paths>>, mut request: Request, next: Next) -> Response {
    let entry = paths.look_up(request.method(), request.uri().path());
    request.extensions_mut().insert(entry);
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_found_by_its_own_path() {
        let paths = Paths::of(REGISTRY).unwrap();
        for endpoint in REGISTRY {
            let path = endpoint.path.replace("{*file}", "a/b.js").replace(['{', '}'], "x");
            assert_eq!(paths.look_up(&endpoint.verb.method(), &path), Entry::Declared(endpoint), "{endpoint:?}");
        }
    }

    #[test]
    fn what_has_no_entry_is_missing() {
        let paths = Paths::of(REGISTRY).unwrap();
        for path in [
            "/metrics",
            "/api/unheard-of",
            "/streams/",
            "/streams/a/b",
            "/STREAMS",
            "//streams",
            "/streams/../changes",
            "/pkg/",
        ] {
            assert_eq!(paths.look_up(&Method::GET, path), Entry::Missing, "{path}");
        }
        assert!(matches!(paths.look_up(&Method::GET, "/api/disable"), Entry::OtherMethod(_)));
        assert!(matches!(paths.look_up(&Method::DELETE, "/streams"), Entry::OtherMethod(_)));
        let streams = paths.look_up(&Method::HEAD, "/streams").endpoint().unwrap();
        assert_eq!(streams.permission, Permission::View);
    }

    #[test]
    fn no_path_is_declared_twice() {
        static TWICE: [Endpoint; 2] = [REGISTRY[0], REGISTRY[0]];
        assert!(matches!(Paths::of(&TWICE), Err(RegistryError::Path { path: "/", .. })));
    }

    #[test]
    fn what_writes_takes_a_form_by_post_from_a_person() {
        for endpoint in REGISTRY.iter().filter(|endpoint| endpoint.effect == Effect::Writes) {
            let facts = (endpoint.verb, endpoint.takes, endpoint.caller);
            assert_eq!(facts, (Verb::Post, Takes::Form, Caller::Person), "{}", endpoint.path);
        }
    }
}
