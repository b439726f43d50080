//! The layers, checked in the sources: forbidden dependencies of modules, and cycles between files.
//!
//! The table of forbidden dependencies is in `rules.rs`. `examples.rs` shows each of its cells failing.

mod attributes;
mod audit_names;
mod cycles;
mod examples;
mod modules;
mod reader;
mod resolve;
mod rules;
mod sources;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use self::{
    cycles::Graph,
    rules::{RULES, violations},
    sources::Sources,
};

/// The sources of the program, without `src/tests`.
static SOURCES: LazyLock<Sources> = LazyLock::new(|| {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&src, &mut files);
    let files: Vec<(String, String)> = files
        .iter()
        .map(|file| {
            let name = file.strip_prefix(&src).unwrap().to_str().unwrap();
            (name.to_owned(), fs::read_to_string(file).unwrap())
        })
        .filter(|(name, _)| !name.starts_with("tests/"))
        .collect();
    assert!(files.len() > 100, "only {} files were found in {}", files.len(), src.display());
    Sources::parse(files.iter().map(|(name, text)| (name.as_str(), text.as_str()))).unwrap()
});

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
}

#[test]
fn no_module_uses_what_its_layer_forbids() {
    let violations: Vec<String> = violations(&SOURCES).iter().map(ToString::to_string).collect();
    assert!(violations.is_empty(), "forbidden dependencies:\n{}", violations.join("\n"));
}

#[test]
fn no_files_need_each_other_in_a_circle() {
    let graph = Graph::of(&SOURCES);
    let cycles: Vec<String> = graph
        .cycles()
        .iter()
        .map(|cycle| format!("{} files need each other:\n{}", cycle.len(), graph.explain(cycle)))
        .collect();
    assert!(cycles.is_empty(), "{}", cycles.join("\n"));
}

#[test]
fn the_table_names_modules_that_there_are() {
    let exists = |module: &str| module == "*" || SOURCES.modules.contains_key(module);
    let named = RULES.iter().flat_map(|rule| [rule.of, rule.except, rule.modules, rule.allowed].into_iter().flatten());
    let missing: BTreeSet<&str> = named.copied().filter(|module| !exists(module)).collect();
    assert!(missing.is_empty(), "no such modules: {missing:?}");
}
