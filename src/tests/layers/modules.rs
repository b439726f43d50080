//! A module as its source file shows it.

use std::collections::BTreeSet;

/// A path in a source file: `["crate", "model", "time", "Timestamp"]`.
pub type Path = Vec<String>;

/// One mention of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mention {
    pub path: Path,
    pub line: usize,
    pub how: How,
}

/// How a path is mentioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// By a `use` or an `extern crate`.
    Import,
    /// By a `pub use`, which only passes a name on.
    Reexport,
    /// Anywhere else. One name alone may be a local one; it is never a crate.
    InPlace,
}

/// A name that a `use` brings into a module.
#[derive(Debug, Clone)]
pub struct Import {
    pub name: String,
    pub path: Path,
}

/// A module: a file, or a `mod name { .. }` in one.
#[derive(Debug, Default, Clone)]
pub struct Module {
    /// Relative to `src`.
    pub file: String,
    pub items: BTreeSet<String>,
    pub imports: Vec<Import>,
    pub globs: Vec<Path>,
    pub mentions: Vec<Mention>,
    /// Texts in quotes, those of attributes and macro calls too.
    pub literals: Vec<String>,
}

/// The module that a file holds: `server/web/mod.rs` is `server::web`.
pub fn module_of(file: &str) -> String {
    let name = file.trim_end_matches(".rs").replace('/', "::");
    match name.as_str() {
        "lib" => String::new(),
        _ => name.strip_suffix("::mod").map_or(name.clone(), str::to_owned),
    }
}

/// The path of a module in another.
pub fn join(parent: &str, child: &str) -> String {
    if parent.is_empty() { child.to_owned() } else { format!("{parent}::{child}") }
}
