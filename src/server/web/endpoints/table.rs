//! The endpoint declarations.

use super::{Caller, Effect, Endpoint, Handler, Kind, Limits, Takes, Verb};
use crate::model::access::identity::Permission::{self, Administer, Change, Public, View};

/// All endpoints. Each path appears once.
pub static REGISTRY: &[Endpoint] = &[
    handler("/", View, Handler::Home, Caller::Person),
    // Pages.
    page("/streams", View),
    page("/streams/{account}/{region}/{name}", View),
    page("/streams/{account}/{region}/{name}/disable", Change),
    page("/streams/{account}/{region}/{name}/enable", Change),
    page("/changes", View).limited(Limits::Costly),
    page("/changes/{id}", View),
    page("/keys", View),
    page("/keys/{arn}", View),
    page("/audit", View).limited(Limits::Costly),
    page("/settings", View),
    page("/settings/users", Administer),
    page("/settings/users/{id}", Administer),
    page("/confirm-identity", View),
    page("/help", View),
    page("/sign-in", Public),
    page("/setup/{token}", Public),
    // Server functions.
    writes("/api/disable", Change),
    writes("/api/enable", Change),
    writes("/api/choose-key", Change),
    writes("/api/cancel-change", Change),
    writes("/api/close-change", Change),
    writes("/api/prove-by-write", Change),
    writes("/api/prove-by-read", Change),
    writes("/api/report-proof", Change),
    writes("/api/sign-in", Public).limited(Limits::Password),
    writes("/api/sign-in-demo", Public),
    writes("/api/sign-out", View),
    writes("/api/setup", Public).limited(Limits::Password),
    writes("/api/set-password", Public).limited(Limits::Password),
    writes("/api/pause-target", Change),
    writes("/api/resume-target", Change),
    writes("/api/acknowledge-alarm", Administer),
    writes("/api/set-shortcuts", View),
    writes("/api/end-session", View),
    writes("/api/end-other-sessions", View),
    writes("/api/change-password", View).limited(Limits::Password),
    writes("/api/confirm-identity", View).limited(Limits::Password),
    writes("/api/add-user", Administer),
    writes("/api/set-user-rights", Administer),
    writes("/api/make-password-link", Administer),
    writes("/api/revoke-password-link", Administer),
    writes("/api/disable-user", Administer),
    writes("/api/enable-user", Administer),
    writes("/api/unlock-user", Administer),
    // Plain handlers.
    handler("/events", View, Handler::Events, Caller::Page),
    handler("/streams.csv", View, Handler::StreamsCsv, Caller::Person).limited(Limits::Costly),
    handler("/streams.json", View, Handler::StreamsJson, Caller::Person).limited(Limits::Costly),
    handler("/audit/export", View, Handler::AuditExport, Caller::Person).limited(Limits::Costly).recorded(),
    handler("/livez", Public, Handler::Liveness, Caller::Page).limited(Limits::Health),
    handler("/readyz", Public, Handler::Readiness, Caller::Page).limited(Limits::Health),
    POLICY_REPORTS,
    handler("/auth/oidc/start", Public, Handler::ProviderStart, Caller::Page).limited(Limits::Provider),
    handler("/auth/oidc/callback", Public, Handler::ProviderCallback, Caller::Page).limited(Limits::Provider),
    PROVIDER_LOGOUTS,
    handler("/pkg/{*file}", Public, Handler::Bundle, Caller::Page),
    handler("/favicon.svg", Public, Handler::PublicFile, Caller::Page),
    handler("/robots.txt", Public, Handler::PublicFile, Caller::Page),
];

const POLICY_REPORTS: Endpoint = Endpoint {
    verb: Verb::Post,
    takes: Takes::Report,
    ..handler("/csp-report", Public, Handler::PolicyReports, Caller::Page)
};

const PROVIDER_LOGOUTS: Endpoint = Endpoint {
    verb: Verb::Post,
    takes: Takes::LogoutToken,
    effect: Effect::Writes,
    ..handler("/auth/oidc/backchannel-logout", Public, Handler::ProviderLogout, Caller::Page)
};

const fn page(path: &'static str, permission: Permission) -> Endpoint {
    get(path, permission, Kind::Page, Caller::Person)
}

const fn handler(path: &'static str, permission: Permission, handler: Handler, caller: Caller) -> Endpoint {
    get(path, permission, Kind::Handler(handler), caller)
}

const fn get(path: &'static str, permission: Permission, kind: Kind, caller: Caller) -> Endpoint {
    Endpoint {
        verb: Verb::Get,
        path,
        kind,
        permission,
        takes: Takes::Nothing,
        effect: Effect::Reads,
        caller,
        limits: Limits::Usual,
    }
}

/// Declares a server function behind a form.
const fn writes(path: &'static str, permission: Permission) -> Endpoint {
    Endpoint {
        verb: Verb::Post,
        takes: Takes::Form,
        effect: Effect::Writes,
        ..get(path, permission, Kind::ServerFunction, Caller::Person)
    }
}

impl Endpoint {
    const fn limited(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    const fn recorded(self) -> Self {
        Self { effect: Effect::Records, ..self }
    }
}
