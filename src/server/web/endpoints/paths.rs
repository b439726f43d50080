//! Matching requests with the registry, by method and path.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};

use super::{Endpoint, Entry, RegistryError};

/// The registry's paths, for matching requests.
#[derive(Debug, Clone)]
pub struct Paths(matchit::Router<&'static Endpoint>);

impl Paths {
    /// Builds the matcher for the given endpoints.
    ///
    /// # Errors
    /// Returns `RegistryError::Path` if a path is not a valid pattern or is declared twice.
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
        // Pages would take `..` as a way up; nothing else here does.
        if path.split('/').any(is_dot_segment) {
            return Entry::Missing;
        }
        match self.0.at(path) {
            Ok(found) if found.value.verb.covers(method) => Entry::Declared(found.value),
            Ok(found) => Entry::OtherMethod(found.value),
            Err(_) => Entry::Missing,
        }
    }
}

/// Returns whether a part of a path means this place or the one above, written plainly or escaped.
fn is_dot_segment(part: &str) -> bool {
    [".", "..", "%2e", ".%2e", "%2e.", "%2e%2e"].iter().any(|dots| part.eq_ignore_ascii_case(dots))
}

/// Looks up the registry entry of a request, once and before all other middleware.
pub async fn find(State(paths): State<Arc<Paths>>, mut request: Request, next: Next) -> Response {
    let entry = paths.look_up(request.method(), request.uri().path());
    request.extensions_mut().insert(entry);
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::{super::REGISTRY, *};
    use crate::model::access::identity::Permission;

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
        for path in ["/settings/users/..", "/settings/users/.", "/settings/users/%2E%2e", "/settings/./users", "/.."] {
            assert_eq!(paths.look_up(&Method::GET, path), Entry::Missing, "{path}");
        }
        assert!(matches!(paths.look_up(&Method::GET, "/pkg/a..b.js"), Entry::Declared(_)));
        let streams = paths.look_up(&Method::HEAD, "/streams").endpoint().unwrap();
        assert_eq!(streams.permission, Permission::View);
    }

    #[test]
    fn no_path_is_declared_twice() {
        static TWICE: [Endpoint; 2] = [REGISTRY[0], REGISTRY[0]];
        assert!(matches!(Paths::of(&TWICE), Err(RegistryError::Path { path: "/", .. })));
    }
}
