//! Resolves paths, through imports and re-exports, to the file that defines the name.

use super::{
    modules::{Module, Path, join},
    sources::Sources,
};

/// More steps through imports than any source has.
const DEEPEST: usize = 16;

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// An item of a module.
    Item {
        module: String,
        name: String,
    },
    Module(String),
    /// A crate that isn't ours, or a local name.
    Elsewhere(String),
}

/// A path and its resolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    pub place: Place,
    /// Modules whose imports or re-exports were followed, except the last.
    pub through: Vec<String>,
}

impl Sources {
    /// Resolves a path in a module.
    pub fn resolve(&self, module: &str, path: &Path) -> Resolved {
        let mut through = Vec::new();
        let place = self.follow(module, path, &mut through, 0);
        let elsewhere = || Place::Elsewhere(path.first().cloned().unwrap_or_default());
        Resolved { place: place.unwrap_or_else(elsewhere), through }
    }

    fn follow(&self, module: &str, path: &[String], through: &mut Vec<String>, depth: usize) -> Option<Place> {
        if depth > DEEPEST {
            return None;
        }
        let (first, mut rest) = path.split_first()?;
        let mut at = match first.as_str() {
            "crate" => String::new(),
            "self" => module.to_owned(),
            "super" => parent(module),
            // main.rs is a separate crate.
            "keystream" if !self.modules.contains_key("keystream") => String::new(),
            _ => {
                let place = self.look_up(module, first, rest.is_empty(), through, depth);
                match place? {
                    Place::Module(module) => module,
                    found => return Some(found),
                }
            }
        };
        while let Some((next, after)) = rest.split_first() {
            rest = after;
            if next == "super" {
                at = parent(&at);
                continue;
            }
            let Some(place) = self.look_up(&at, next, rest.is_empty(), through, depth) else {
                // Defined by a macro, or a name that exists only with other features.
                return Some(Place::Item { module: at, name: next.clone() });
            };
            match place {
                Place::Module(module) => at = module,
                found => return Some(found),
            }
        }
        Some(Place::Module(at))
    }

    /// Resolves a name in a module. A type and a module may share a name: the last name of a path is the type.
    fn look_up(&self, at: &str, name: &str, is_last: bool, through: &mut Vec<String>, depth: usize) -> Option<Place> {
        let module = self.modules.get(at)?;
        let child = join(at, name);
        let has_item = module.items.contains(name);
        if self.modules.contains_key(&child) && !(is_last && has_item) {
            return Some(Place::Module(child));
        }
        if has_item {
            return Some(Place::Item { module: at.to_owned(), name: name.to_owned() });
        }
        if let Some(import) = module.imports.iter().find(|import| import.name == name) {
            // `use x;` of a crate would resolve to itself.
            let is_itself = import.path.len() == 1 && import.path[0] == name;
            let found = if is_itself { None } else { self.follow(at, &import.path, through, depth + 1) };
            through.push(at.to_owned());
            return found.or_else(|| import.path.first().map(|first| Place::Elsewhere(first.clone())));
        }
        self.look_up_in_globs(module, at, name, is_last, through, depth)
    }

    fn look_up_in_globs(
        &self,
        module: &Module,
        at: &str,
        name: &str,
        is_last: bool,
        through: &mut Vec<String>,
        depth: usize,
    ) -> Option<Place> {
        module.globs.iter().find_map(|glob| {
            let Some(Place::Module(from)) = self.follow(at, glob, &mut Vec::new(), depth + 1) else { return None };
            if from == at || depth > DEEPEST {
                return None;
            }
            let found = self.look_up(&from, name, is_last, through, depth + 1)?;
            through.push(at.to_owned());
            Some(found)
        })
    }
}

fn parent(module: &str) -> String {
    module.rsplit_once("::").map_or_else(String::new, |(parent, _)| parent.to_owned())
}
