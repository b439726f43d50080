//! Sources that break a rule, or only seem to: each cell of the table fails, with each way to write an import.

use super::{
    cycles::Graph,
    rules::{RULES, Rule, violations},
    sources::Sources,
};

/// The rules that these files break, with file, line and import.
fn broken(files: &[(&str, &str)]) -> Vec<(&'static str, String)> {
    let sources = Sources::parse(files.iter().copied()).unwrap();
    let name = |file: String, line: usize, import: String| format!("{file}:{line} {import}");
    violations(&sources).into_iter().map(|found| (found.rule, name(found.file, found.line, found.import))).collect()
}

/// The modules that a rule applies to.
fn subjects(rule: &Rule) -> Vec<String> {
    if rule.of.is_empty() {
        vec!["api::example".to_owned()]
    } else {
        rule.of.iter().map(|of| format!("{of}::example")).collect()
    }
}

fn file_of(module: &str) -> String {
    format!("{}.rs", module.replace("::", "/"))
}

#[test]
fn every_cell_of_the_table_can_fail() {
    let mut cells = 0;
    for rule in RULES {
        for subject in subjects(rule) {
            let modules = rule.modules.iter().map(|module| if *module == "*" { "error" } else { module });
            for module in modules {
                let used = format!("use crate::{module}::Thing;");
                let files = [(file_of(&subject), used.as_str()), (file_of(module), "pub struct Thing;")];
                let files = files.each_ref().map(|(file, text)| (file.as_str(), *text));
                let expected = (rule.name, format!("{}:1 crate::{module}::Thing", files[0].0));
                assert!(broken(&files).contains(&expected), "{subject} -> {module}: {:?}", broken(&files));
                cells += 1;
            }
            for name in rule.crates.iter().copied().flatten() {
                let name = name.replace('*', "anything");
                let text = format!("use {name}::Thing;");
                let expected = (rule.name, format!("{}:1 {name}::Thing", file_of(&subject)));
                let found = broken(&[(&file_of(&subject), &text)]);
                assert!(found.contains(&expected), "{subject} -> {name}: {found:?}");
                cells += 1;
            }
        }
    }
    assert!(cells > 80, "{cells}");
}

const WEB: (&str, &str) = ("server/web/context.rs", "pub struct Context; pub fn current() {}");
const STORE: (&str, &str) = ("server/adapters/store/mod.rs", "mod rows; pub use self::rows::Row;");
const ROWS: (&str, &str) = ("server/adapters/store/rows.rs", "pub struct Row; pub enum Kind { One }");
const AUDIT: (&str, &str) = ("server/services/audit.rs", "pub struct Event;");

/// Contents of a service's file, and the lines that break the rule for services.
const IMPORTS: &[(&str, &[usize])] = &[
    ("use crate::server::web::context::Context;", &[1]),
    ("use crate::server::{\n    adapters::store::Row,\n    web::{\n        context::Context,\n    },\n};", &[4]),
    ("use crate::server::web::context as renamed;", &[1]),
    ("use crate::server::web::context::*;", &[1]),
    ("use super::super::web::context;", &[1]),
    ("pub use crate::server::web::context::Context;", &[1]),
    ("fn f() {\n    use crate::server::web::context;\n    context::current();\n}", &[2]),
    ("fn f() {\n    crate::server::web::context::current();\n}", &[2]),
    ("fn f(\n    _: &crate::server::web::context::Context,\n) {}", &[2]),
    ("struct S {\n    field: Vec<crate::server::web::context::Context>,\n}", &[2]),
    ("impl From<S> for crate::server::web::context::Context {}", &[1]),
    ("fn f() {\n    println!(\"{:?}\", crate::server::web::context::current());\n}", &[2]),
    ("fn f() {\n    view! { <p>{\n        crate::server::web::context::current()\n    }</p> }\n}", &[3]),
    ("macro_rules! m {\n    () => { $crate::server::web::context::current() };\n}", &[2]),
    ("#[axum::debug_handler]\nfn f() {}", &[1]),
    ("#[derive(sqlx::FromRow)]\nstruct S;", &[1]),
    ("mod inner {\n    use super::super::super::web::context;\n}", &[2]),
    ("extern crate axum;", &[1]),
    // No violation.
    ("use crate::server::adapters::store::Row;", &[]),
    ("use crate::server::services::audit::Event;", &[]),
    ("pub(in crate::server) struct Web;", &[]),
    ("#[cfg(test)]\nmod tests {\n    use crate::server::web::context;\n}", &[]),
    ("#[cfg(test)]\nuse crate::server::web::context;", &[]),
    ("struct S;\nimpl S {\n    #[cfg(test)]\n    fn f(_: axum::Router) {}\n}", &[]),
    ("// use crate::server::web::context;\nconst TEXT: &str = \"crate::server::web::context\";", &[]),
    ("fn f(axum: u8) -> u8 {\n    axum\n}", &[]),
];

#[test]
fn an_import_is_found_however_it_is_written() {
    for (text, expected) in IMPORTS {
        let sources = Sources::parse([("server/services/example.rs", *text), WEB, STORE, ROWS, AUDIT]).unwrap();
        let lines: Vec<usize> = violations(&sources)
            .iter()
            .filter(|found| found.file == "server/services/example.rs" && found.rule.starts_with("services"))
            .map(|found| found.line)
            .collect();
        assert_eq!(lines, *expected, "{text}");
    }
}

#[test]
fn a_name_belongs_to_the_module_that_defines_it_and_to_those_that_pass_it_on() {
    let passes_on = ("server/services/mod.rs", "pub use crate::server::web::context::Context;");
    let of_services = RULES.iter().find(|rule| rule.of == ["server::services"]).unwrap();
    let (rule, found) = broken(&[passes_on, WEB]).remove(0);
    assert_eq!(
        (rule, found.as_str()),
        (of_services.name, "server/services/mod.rs:1 crate::server::web::context::Context")
    );
    let asks = ("model/example.rs", "use crate::view::Word;");
    let view = ("view/mod.rs", "pub use crate::model::word::Word;");
    let word = ("model/word.rs", "pub struct Word;");
    assert_eq!(broken(&[asks, view, word]).len(), 1, "the model has the word, but the view is asked for it");
}

#[test]
fn what_is_allowed_breaks_no_rule() {
    let files = [
        ("server/web/handler.rs", "use crate::server::adapters::clock::Clock;"),
        ("server/adapters/clock.rs", "pub trait Clock {}"),
        ("server/adapters/store/rows.rs", "use sqlx::FromRow;"),
        ("server/adapters/aws/kinesis.rs", "use aws_sdk_kinesis::Client;"),
        ("server/services/audit/checkpoint/signing.rs", "use aws_lc_rs::signature;"),
        ("server/web/router.rs", "use crate::app::App;"),
        ("lib.rs", "pub mod app; pub mod islands;"),
        ("app.rs", "use crate::{pages::ListPage, server::web::context}; pub struct App;"),
        ("pages/list.rs", "use crate::{components::Frame, server::web::context}; pub struct ListPage;"),
        ("components/frame.rs", "use crate::islands::LiveUpdates; pub struct Frame;"),
        ("islands/mod.rs", "use crate::{api::changes::Disable, model::time::Timestamp}; pub struct LiveUpdates;"),
        ("api/changes.rs", "use crate::server::services::changes::Requests; pub struct Disable;"),
        ("model/time.rs", "pub struct Timestamp;"),
        WEB,
    ];
    assert_eq!(broken(&files), []);
}

const NONE: [usize; 0] = [];

/// The sizes of the cycles between files.
fn cycles(files: &[(&str, &str)]) -> Vec<usize> {
    let sources = Sources::parse(files.iter().copied()).unwrap();
    Graph::of(&sources).cycles().iter().map(std::collections::BTreeSet::len).collect()
}

#[test]
fn files_that_need_each_other_are_a_cycle() {
    let a = ("a.rs", "use crate::b::B; pub struct A;");
    let b = ("b.rs", "pub struct B(crate::c::C);");
    let c = ("c.rs", "pub struct C; fn f() { crate::a::A; }");
    assert_eq!(cycles(&[a, b, c]), [3]);
    assert_eq!(cycles(&[a, b, ("c.rs", "pub struct C;")]), NONE);
    let graph = Graph::of(&Sources::parse([a, b, c]).unwrap());
    assert_eq!(
        graph.explain(&graph.cycles()[0]),
        "  src/a.rs:1: `crate::b::B` needs src/b.rs\n  src/b.rs:1: `crate::c::C` needs src/c.rs\n  \
         src/c.rs:1: `crate::a::A` needs src/a.rs"
    );
}

#[test]
fn a_parent_and_its_child_are_a_cycle_only_when_they_use_each_other() {
    let child = ("a/child.rs", "use super::Kind; pub struct Child(Kind);");
    assert_eq!(cycles(&[("a/mod.rs", "mod child; use self::child::Child; enum Kind {} struct A(Child);"), child]), [2]);
    assert_eq!(cycles(&[("a/mod.rs", "mod child; enum Kind {} struct A(child::Child);"), child]), [2]);
    assert_eq!(cycles(&[("a/mod.rs", "pub mod child; pub enum Kind {}"), child]), NONE, "declared");
    assert_eq!(
        cycles(&[("a/mod.rs", "mod child; pub use self::child::Child; pub enum Kind {}"), child]),
        NONE,
        "passed on"
    );
    let through_parent = [
        ("a/mod.rs", "mod x; mod y; pub use self::{x::X, y::Y}; use crate::b::B;"),
        ("a/x.rs", "use super::{Y, B}; pub struct X;"),
        ("a/y.rs", "pub struct Y;"),
        ("b.rs", "use crate::a::X; pub struct B;"),
    ];
    assert_eq!(cycles(&through_parent), [2], "x and b; the names only pass through the parent");
}

#[test]
fn tests_close_no_cycle() {
    let a = ("a.rs", "use crate::b::B; pub struct A;");
    let b = ("b.rs", "pub struct B; #[cfg(test)] mod tests { use crate::a::A; }");
    assert_eq!(cycles(&[a, b]), NONE);
    let (folder, inner) =
        (("b/mod.rs", "pub struct B; #[cfg(test)] mod hooks;"), ("b/hooks.rs", "use crate::a::A; pub struct Hook;"));
    assert_eq!(cycles(&[a, folder, inner]), NONE);
}
