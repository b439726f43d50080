//! The check of the registry against Leptos's own page routes and server functions.

use std::collections::BTreeSet;

use super::{Endpoint, Kind, RegistryError};

/// The endpoints that Leptos answers, one line each: kind, method and path.
#[derive(Debug, Default)]
pub struct Answering(BTreeSet<String>);

impl Answering {
    /// Adds pages by their paths.
    pub fn pages<'a>(mut self, paths: impl Iterator<Item = &'a str>) -> Self {
        self.0.extend(paths.map(|path| line(Kind::Page, "GET", path)));
        self
    }

    /// Adds server functions by their paths and methods.
    pub fn functions<M: AsRef<str>>(mut self, functions: impl Iterator<Item = (&'static str, M)>) -> Self {
        self.0.extend(functions.map(|(path, method)| line(Kind::ServerFunction, method.as_ref(), path)));
        self
    }
}

fn line(kind: Kind, method: &str, path: &str) -> String {
    format!("{kind:?} {method} {path}")
}

/// Compares the registry with what Leptos answers. Handlers are not compared, because the router mounts them from the
/// registry.
///
/// # Errors
/// Returns `RegistryError::Undeclared` if Leptos answers an endpoint that is not declared, and
/// `RegistryError::Unanswered` if it does not answer a declared one.
pub fn check(endpoints: &[Endpoint], answering: &Answering) -> Result<(), RegistryError> {
    let of_leptos = endpoints.iter().filter(|endpoint| !matches!(endpoint.kind, Kind::Handler(_)));
    let declared: BTreeSet<String> =
        of_leptos.map(|endpoint| line(endpoint.kind, endpoint.verb.as_str(), endpoint.path)).collect();
    let only_in = |these: &BTreeSet<String>, those: &BTreeSet<String>| these.difference(those).cloned().collect();
    let undeclared: Vec<String> = only_in(&answering.0, &declared);
    if !undeclared.is_empty() {
        return Err(RegistryError::Undeclared(undeclared));
    }
    let unanswered: Vec<String> = only_in(&declared, &answering.0);
    if unanswered.is_empty() { Ok(()) } else { Err(RegistryError::Unanswered(unanswered)) }
}

#[cfg(test)]
mod tests {
    use super::{super::REGISTRY, *};

    fn answering(endpoints: &[Endpoint]) -> Answering {
        let of = |kind| endpoints.iter().filter(move |endpoint| endpoint.kind == kind);
        Answering::default()
            .pages(of(Kind::Page).map(|endpoint| endpoint.path))
            .functions(of(Kind::ServerFunction).map(|endpoint| (endpoint.path, endpoint.verb.as_str())))
    }

    #[test]
    fn nothing_answers_that_is_not_declared() {
        check(REGISTRY, &answering(REGISTRY)).unwrap();
        for (place, endpoint) in REGISTRY.iter().enumerate() {
            let rest = [&REGISTRY[..place], &REGISTRY[place + 1..]].concat();
            let checked = check(&rest, &answering(REGISTRY));
            match endpoint.kind {
                Kind::Handler(_) => checked.unwrap(),
                kind => {
                    let missing = line(kind, endpoint.verb.as_str(), endpoint.path);
                    assert!(matches!(checked, Err(RegistryError::Undeclared(lines)) if lines == [missing]));
                }
            }
        }
    }

    #[test]
    fn nothing_is_declared_that_does_not_answer() {
        for (place, endpoint) in REGISTRY.iter().enumerate() {
            let rest = [&REGISTRY[..place], &REGISTRY[place + 1..]].concat();
            match (endpoint.kind, check(REGISTRY, &answering(&rest))) {
                (Kind::Handler(_), checked) => checked.unwrap(),
                (kind, Err(RegistryError::Unanswered(lines))) => {
                    assert_eq!(lines, [line(kind, endpoint.verb.as_str(), endpoint.path)]);
                }
                (_, checked) => panic!("{endpoint:?}: {checked:?}"),
            }
        }
    }
}
