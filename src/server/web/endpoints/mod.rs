//! The registry of endpoints: [`REGISTRY`] declares every endpoint once, with everything the server needs to know about
//! it. The router mounts what is declared, and the middleware reads the entry that [`find`] puts into the request.
//!
//! Leptos keeps its own lists of pages and server functions, so [`check`] compares them with the registry at startup.
//! The server does not start with an endpoint that is not declared, or with a declaration that nothing answers.

mod check;
mod paths;
mod table;

use axum::{
    http::{Extensions, Method},
    routing::MethodFilter,
};
use thiserror::Error;

pub use self::{
    check::{Answering, check},
    paths::{Paths, find},
    table::REGISTRY,
};
use crate::model::access::identity::Permission;

/// A path and method that the server answers, and the rules for its requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint {
    pub verb: Verb,
    /// The path, as an axum pattern.
    pub path: &'static str,
    pub kind: Kind,
    /// The permission that the user needs. Checked before any part of the request is decoded.
    pub permission: Permission,
    pub takes: Takes,
    pub effect: Effect,
    pub caller: Caller,
    pub limits: Limits,
}

/// The method that an endpoint accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Covers `HEAD` too.
    Get,
    Post,
}

/// The kind of code that answers an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A page of `app`.
    Page,
    /// A server function of `api`.
    ServerFunction,
    Handler(Handler),
}

/// A handler outside Leptos. The router maps each to its function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handler {
    /// Redirects to the list of streams.
    Home,
    StreamsCsv,
    StreamsJson,
    Events,
    AuditExport,
    /// Company sign-in, if it is configured: the way to the provider, the way back, and logouts that it announces.
    ProviderStart,
    ProviderCallback,
    ProviderLogout,
    Liveness,
    Readiness,
    PolicyReports,
    /// The built client bundle. Browsers cache files whose names carry a hash.
    Bundle,
    /// A file from `public`.
    PublicFile,
}

/// The kind of body that a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    Nothing,
    Form,
    /// A report that a browser sends by itself, from any page. The only body that another origin may send.
    Report,
    /// A form that the company's provider sends, with a token that it signed.
    LogoutToken,
}

/// What a request changes, apart from logs and audit rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Reads,
    /// Reads, and records the read in the audit chain. A link on another site can't trigger it.
    Records,
    /// Changes state: a change, a user, a session or a pause. Accepted from our own pages only, but for what is
    /// signed.
    Writes,
}

/// Who causes a request. Only user activity keeps a session alive; requests that pages send by themselves do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// A user who follows a link or submits a form.
    Person,
    /// A page or a machine, without user action.
    Page,
}

/// The limits on an endpoint's requests, beside those on all requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limits {
    Usual,
    /// The endpoint takes a password, and each attempt costs a hash. Those of strangers are counted by network, those
    /// of signed-in users by session.
    Password,
    /// Part of a sign-in with the company's provider: may write an audit event or call the provider. Counted by
    /// network.
    Provider,
    /// The endpoint may read the whole chain, journal or list. It knows when it does, and counts that by user.
    Costly,
    /// Requested by machines, under any host name. Answered under any load.
    Health,
}

impl Verb {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }

    /// Returns the methods, as `Allow` lists them.
    pub const fn allowed(self) -> &'static str {
        match self {
            Self::Get => "GET, HEAD",
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
    /// Returns the content type that the endpoint requires of the body, if any.
    pub const fn content_type(self) -> Option<&'static str> {
        match self {
            Self::Nothing | Self::Report | Self::LogoutToken => None,
            Self::Form => Some("application/x-www-form-urlencoded"),
        }
    }
}

/// The reason why the server does not start.
#[derive(Debug, Error)]
pub enum RegistryError {
    #[error("the registry of endpoints cannot take {path}: {error}")]
    Path { path: &'static str, error: matchit::InsertError },
    #[error("not declared in the registry of endpoints: {}", .0.join(", "))]
    Undeclared(Vec<String>),
    #[error("declared in the registry of endpoints, but nothing answers: {}", .0.join(", "))]
    Unanswered(Vec<String>),
}

/// The registry's entry for a request, kept in the request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    Declared(&'static Endpoint),
    /// The path is declared, but not with this method.
    OtherMethod(&'static Endpoint),
    Missing,
}

impl Entry {
    /// Returns the entry of a request that has passed [`find`].
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or(Self::Missing)
    }

    /// Returns the endpoint that answers the request, if the user has its permission.
    pub const fn endpoint(self) -> Option<&'static Endpoint> {
        match self {
            Self::Declared(endpoint) => Some(endpoint),
            Self::OtherMethod(_) | Self::Missing => None,
        }
    }

    /// Returns the endpoint at the path, whatever the method.
    pub const fn at_path(self) -> Option<&'static Endpoint> {
        match self {
            Self::Declared(endpoint) | Self::OtherMethod(endpoint) => Some(endpoint),
            Self::Missing => None,
        }
    }

    /// Returns the pattern of the path, for logs.
    pub const fn pattern(self) -> &'static str {
        match self.at_path() {
            Some(endpoint) => endpoint.path,
            None => "unknown",
        }
    }

    /// Returns whether this handler is at the path.
    pub fn is_of(self, handler: Handler) -> bool {
        self.at_path().is_some_and(|endpoint| endpoint.kind == Kind::Handler(handler))
    }

    /// Returns whether a health check is at the path.
    pub fn is_health(self) -> bool {
        self.at_path().is_some_and(|endpoint| endpoint.limits == Limits::Health)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_writes_takes_a_form_by_post_from_a_person() {
        // What the provider signed needs no person.
        let is_of_person = |endpoint: &&Endpoint| endpoint.takes != Takes::LogoutToken;
        let writing = REGISTRY.iter().filter(|endpoint| endpoint.effect == Effect::Writes);
        for endpoint in writing.filter(is_of_person) {
            let facts = (endpoint.verb, endpoint.takes, endpoint.caller);
            assert_eq!(facts, (Verb::Post, Takes::Form, Caller::Person), "{}", endpoint.path);
        }
    }
}
