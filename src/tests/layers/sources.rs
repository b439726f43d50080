//! All modules of the sources.

use std::collections::BTreeMap;

use syn::visit::Visit;

use super::{modules::Module, reader::Reader};

/// All modules by path: `""` is the root, `"server::web"` a module of it.
#[derive(Debug, Default)]
pub struct Sources {
    pub modules: BTreeMap<String, Module>,
}

impl Sources {
    /// Parses files, given as path relative to `src` and text.
    ///
    /// # Errors
    /// When a file isn't Rust: names it.
    pub fn parse<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, String> {
        let mut sources = Self::default();
        let mut only_in_tests = Vec::new();
        for (file, text) in files {
            let parsed = syn::parse_file(text).map_err(|error| format!("{file}: {error}"))?;
            let mut reader = Reader::new(file);
            reader.visit_file(&parsed);
            only_in_tests.append(&mut reader.only_in_tests);
            sources.modules.append(&mut reader.modules);
        }
        sources.modules.retain(|name, _| {
            !only_in_tests.iter().any(|test: &String| name == test || name.starts_with(&format!("{test}::")))
        });
        sources.add_folders();
        Ok(sources)
    }

    /// A module whose own file isn't among the sources still holds others.
    fn add_folders(&mut self) {
        for name in self.modules.keys().cloned().collect::<Vec<_>>() {
            let ends = name.match_indices("::").map(|(end, _)| &name[..end]);
            for folder in ends.chain([""]) {
                self.modules.entry(folder.to_owned()).or_default();
            }
        }
    }
}
