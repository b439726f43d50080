//! The endpoint declarations.

use super::{Caller, Effect, Endpoint, Handler, Kind, Limits, Takes, Verb};
use crate::model::access::identity::Permission::{self, Administer, Change, Public, View};

/// All endpoints. Each path appears once.
pub static REGISTRY: &[Endpoint] = &[
    handler("/", View, Handler::Home, Caller::Person),
    // Pages.
    live_page("/streams", View),
    live_page("/streams/{account}/{region}/{name}", View),
    live_page("/streams/{account}/{region}/{name}/disable", Change),
    live_page("/streams/{account}/{region}/{name}/enable", Change),
    live_page("/changes", View).limited(Limits::Costly),
    live_page("/changes/{id}", View),
    plain_page("/keys", View),
    plain_page("/keys/{arn}", View),
    plain_page("/audit", View).limited(Limits::Costly),
    plain_page("/settings", View),
    plain_page("/settings/users", Administer),
    plain_page("/settings/users/{id}", Administer),
    plain_page("/confirm-identity", View),
    plain_page("/help", View),
    plain_page("/sign-in", Public),
    plain_page("/setup/{token}", Public),
    // Server functions.
    reads("/api/frame", View, Caller::Page),
    reads("/api/list-streams", View, Caller::Either),
    reads("/api/stream", View, Caller::Either),
    reads("/api/list-changes", View, Caller::Either).limited(Limits::Costly),
    reads("/api/change", View, Caller::Either),
    reads("/api/keys", View, Caller::Person),
    reads("/api/key", View, Caller::Person),
    reads("/api/plan-disable", Change, Caller::Person),
    writes("/api/disable", Change),
    reads("/api/plan-enable", Change, Caller::Person),
    writes("/api/enable", Change),
    writes("/api/cancel-change", Change),
    writes("/api/close-change", Change),
    writes("/api/prove-by-write", Change),
    writes("/api/prove-by-read", Change),
    writes("/api/report-proof", Change),
    reads("/api/sign-in-page", Public, Caller::Person),
    writes("/api/sign-in", Public).limited(Limits::Password),
    writes("/api/sign-in-demo", Public),
    writes("/api/sign-out", View),
    reads("/api/setup-page", Public, Caller::Person),
    writes("/api/setup", Public).limited(Limits::Password),
    reads("/api/audit", View, Caller::Person).limited(Limits::Costly),
    reads("/api/settings", View, Caller::Person),
    writes("/api/pause-target", Change),
    writes("/api/resume-target", Change),
    writes("/api/end-session", View),
    writes("/api/end-other-sessions", View),
    writes("/api/change-password", View).limited(Limits::Password),
    reads("/api/confirm-identity-page", View, Caller::Person),
    writes("/api/confirm-identity", View).limited(Limits::Password),
    reads("/api/users", Administer, Caller::Person),
    reads("/api/user", Administer, Caller::Person),
    writes("/api/add-user", Administer),
    writes("/api/set-user-rights", Administer),
    writes("/api/set-user-password", Administer),
    writes("/api/disable-user", Administer),
    writes("/api/enable-user", Administer),
    // Plain handlers.
    handler("/events", View, Handler::Events, Caller::Page),
    handler("/audit/export", View, Handler::AuditExport, Caller::Person).limited(Limits::Costly),
    handler("/livez", Public, Handler::Liveness, Caller::Page).limited(Limits::Health),
    handler("/readyz", Public, Handler::Readiness, Caller::Page).limited(Limits::Health),
    POLICY_REPORTS,
    handler("/pkg/{*file}", Public, Handler::Bundle, Caller::Page),
    handler("/favicon.svg", Public, Handler::PublicFile, Caller::Page),
    handler("/robots.txt", Public, Handler::PublicFile, Caller::Page),
];

const POLICY_REPORTS: Endpoint = Endpoint {
    verb: Verb::Post,
    takes: Takes::Report,
    ..handler("/csp-report", Public, Handler::PolicyReports, Caller::Page)
};

const fn live_page(path: &'static str, permission: Permission) -> Endpoint {
    get(path, permission, Kind::LivePage, Caller::Person)
}

const fn plain_page(path: &'static str, permission: Permission) -> Endpoint {
    get(path, permission, Kind::PlainPage, Caller::Person)
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

/// Declares a server function that only reads. Its arguments arrive as JSON.
const fn reads(path: &'static str, permission: Permission, caller: Caller) -> Endpoint {
    Endpoint { verb: Verb::Post, takes: Takes::Json, ..get(path, permission, Kind::ServerFunction, caller) }
}

/// Declares a server function behind a form.
const fn writes(path: &'static str, permission: Permission) -> Endpoint {
    Endpoint { takes: Takes::Form, effect: Effect::Writes, ..reads(path, permission, Caller::Person) }
}

impl Endpoint {
    const fn limited(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }
}
