//! The permission table: every path that answers, with its method and what it takes. No entry, no entry.
//! Enforced before anything of a request is decoded. A test holds it against the server functions, the routes of the
//! pages and the plain handlers.

use std::sync::LazyLock;

use axum::http::Method;

use crate::model::access::identity::Permission::{self, Administer, Change, Public, View};

/// `(method, path pattern, permission)`. `GET` covers `HEAD`.
pub const TABLE: &[(Method, &str, Permission)] = &[
    // Pages.
    (Method::GET, "/", View),
    (Method::GET, "/streams", View),
    (Method::GET, "/streams/{account}/{region}/{name}", View),
    (Method::GET, "/streams/{account}/{region}/{name}/disable", Change),
    (Method::GET, "/streams/{account}/{region}/{name}/enable", Change),
    (Method::GET, "/changes", View),
    (Method::GET, "/changes/{id}", View),
    (Method::GET, "/keys", View),
    (Method::GET, "/keys/{arn}", View),
    (Method::GET, "/audit", View),
    (Method::GET, "/settings", View),
    (Method::GET, "/settings/users", Administer),
    (Method::GET, "/settings/users/{id}", Administer),
    (Method::GET, "/confirm-identity", View),
    (Method::GET, "/help", View),
    (Method::GET, "/sign-in", Public),
    (Method::GET, "/setup/{token}", Public),
    // Server functions.
    (Method::POST, "/api/frame", View),
    (Method::POST, "/api/list-streams", View),
    (Method::POST, "/api/stream", View),
    (Method::POST, "/api/list-changes", View),
    (Method::POST, "/api/change", View),
    (Method::POST, "/api/keys", View),
    (Method::POST, "/api/key", View),
    (Method::POST, "/api/plan-disable", Change),
    (Method::POST, "/api/disable", Change),
    (Method::POST, "/api/plan-enable", Change),
    (Method::POST, "/api/enable", Change),
    (Method::POST, "/api/cancel-change", Change),
    (Method::POST, "/api/close-change", Change),
    (Method::POST, "/api/prove-by-write", Change),
    (Method::POST, "/api/prove-by-read", Change),
    (Method::POST, "/api/report-proof", Change),
    (Method::POST, "/api/sign-in-page", Public),
    (Method::POST, "/api/sign-in", Public),
    (Method::POST, "/api/sign-in-demo", Public),
    (Method::POST, "/api/sign-out", View),
    (Method::POST, "/api/setup-page", Public),
    (Method::POST, "/api/setup", Public),
    (Method::POST, "/api/audit", View),
    (Method::POST, "/api/settings", View),
    (Method::POST, "/api/pause-target", Change),
    (Method::POST, "/api/resume-target", Change),
    (Method::POST, "/api/end-session", View),
    (Method::POST, "/api/end-other-sessions", View),
    (Method::POST, "/api/change-password", View),
    (Method::POST, "/api/confirm-identity-page", View),
    (Method::POST, "/api/confirm-identity", View),
    (Method::POST, "/api/users", Administer),
    (Method::POST, "/api/user", Administer),
    (Method::POST, "/api/add-user", Administer),
    (Method::POST, "/api/set-user-rights", Administer),
    (Method::POST, "/api/set-user-password", Administer),
    (Method::POST, "/api/disable-user", Administer),
    (Method::POST, "/api/enable-user", Administer),
    // Plain handlers.
    (Method::GET, "/events", View),
    (Method::GET, "/audit/export", View),
    (Method::GET, "/livez", Public),
    (Method::GET, "/readyz", Public),
    (Method::POST, "/csp-report", Public),
    (Method::GET, "/pkg/{*file}", Public),
    (Method::GET, "/favicon.svg", Public),
    (Method::GET, "/robots.txt", Public),
];

/// The paths of [`TABLE`] for looking up a request, built once.
static PATHS: LazyLock<matchit::Router<Vec<(Method, Permission)>>> = LazyLock::new(|| {
    let mut patterns: Vec<(&str, Vec<(Method, Permission)>)> = Vec::new();
    for (method, pattern, permission) in TABLE {
        match patterns.iter_mut().find(|(known, _)| known == pattern) {
            Some((_, methods)) => methods.push((method.clone(), *permission)),
            None => patterns.push((pattern, vec![(method.clone(), *permission)])),
        }
    }
    let mut router = matchit::Router::new();
    for (pattern, methods) in patterns {
        if let Err(error) = router.insert(pattern, methods) {
            tracing::error!(%error, pattern, "the pattern {pattern} of the permission table cannot be matched: \
                {error}");
        }
    }
    router
});

/// What the table says of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    Takes(Permission),
    /// The path is there, the method is not.
    OtherMethod,
    Missing,
}

/// Looks a request up.
pub fn look_up(method: &Method, path: &str) -> Entry {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    match PATHS.at(path) {
        Ok(found) => match found.value.iter().find(|(known, _)| known == method) {
            Some((_, permission)) => Entry::Takes(*permission),
            None => Entry::OtherMethod,
        },
        Err(_) => Entry::Missing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_found_by_its_own_path() {
        for (method, pattern, permission) in TABLE {
            let path = pattern.replace("{*file}", "a/b.js").replace(['{', '}'], "x");
            assert_eq!(look_up(method, &path), Entry::Takes(*permission), "{method} {pattern}");
        }
    }

    #[test]
    fn what_has_no_entry_is_missing() {
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
            assert_eq!(look_up(&Method::GET, path), Entry::Missing, "{path}");
        }
        assert_eq!(look_up(&Method::GET, "/api/disable"), Entry::OtherMethod);
        assert_eq!(look_up(&Method::DELETE, "/streams"), Entry::OtherMethod);
        assert_eq!(look_up(&Method::HEAD, "/streams"), Entry::Takes(View));
    }
}
