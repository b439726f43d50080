//! The table of forbidden dependencies, and the check against it.

use super::{
    modules::{How, Mention, Path},
    resolve::Place,
    sources::Sources,
};

/// Crates of the AWS SDK. `aws_lc_rs` is a cryptography library.
const AWS: [&str; 7] =
    ["aws_sdk_*", "aws_config", "aws_types", "aws_smithy_*", "aws_credential_types", "aws_runtime", "aws_sigv4"];
const LEPTOS: [&str; 5] = ["leptos", "leptos_axum", "leptos_meta", "leptos_router", "server_fn"];
const AXUM: [&str; 3] = ["axum", "axum_core", "leptos_axum"];
const TOWER: [&str; 5] = ["tower", "tower_layer", "tower_service", "tower_http", "tower_sessions"];
const SQLX: [&str; 1] = ["sqlx"];
const OPENID: [&str; 2] = ["openidconnect", "oauth2"];
const OPENTELEMETRY: [&str; 2] = ["opentelemetry*", "prost"];
const TOKIO: [&str; 2] = ["tokio", "tokio_util"];

/// One rule: these modules never use those.
pub struct Rule {
    /// The name, for messages.
    pub name: &'static str,
    /// Modules that the rule applies to; an empty list means all.
    pub of: &'static [&'static str],
    /// Modules in them that are exempt.
    pub except: &'static [&'static str],
    /// Forbidden modules of ours. A `*` stands for every module outside `of`.
    pub modules: &'static [&'static str],
    /// Modules in those that are allowed.
    pub allowed: &'static [&'static str],
    pub crates: &'static [&'static [&'static str]],
}

/// The table.
pub const RULES: &[Rule] = &[
    Rule {
        name: "model uses no other module, no framework, no I/O",
        of: &["model"],
        except: &[],
        modules: &["*"],
        allowed: &[],
        crates: &[&LEPTOS, &AXUM, &SQLX, &AWS, &TOKIO],
    },
    Rule {
        name: "view uses no framework, no I/O, nothing of the server",
        of: &["view"],
        except: &[],
        modules: &["server"],
        allowed: &[],
        crates: &[&LEPTOS, &AXUM, &SQLX, &AWS],
    },
    Rule {
        name: "components show what they are given",
        of: &["components"],
        except: &[],
        modules: &["server"],
        allowed: &[],
        crates: &[&SQLX, &AWS],
    },
    Rule {
        name: "pages use no adapter",
        of: &["pages"],
        except: &[],
        modules: &["server::adapters", "server::cli"],
        allowed: &[],
        crates: &[&SQLX, &AWS],
    },
    Rule {
        name: "islands use nothing that only the server has",
        of: &["islands"],
        except: &[],
        modules: &["server", "simulator", "app", "pages", "components", "view"],
        allowed: &[],
        crates: &[&SQLX, &AWS],
    },
    Rule {
        name: "app uses nothing of the server but the context",
        of: &["app"],
        except: &[],
        modules: &["server"],
        allowed: &["server::web::context"],
        crates: &[&SQLX, &AWS],
    },
    Rule {
        name: "services know neither the web nor the database nor AWS",
        of: &["server::services"],
        except: &[],
        modules: &["server::web", "server::cli", "view", "pages", "components", "islands", "api"],
        allowed: &[],
        crates: &[&AXUM, &LEPTOS, &TOWER, &SQLX, &AWS],
    },
    Rule {
        name: "adapters know neither services nor the web nor the view",
        of: &["server::adapters"],
        except: &[],
        modules: &["server::services", "server::web", "server::cli", "view"],
        allowed: &[],
        crates: &[],
    },
    Rule {
        name: "only adapters::store uses SQL",
        of: &[],
        except: &["server::adapters::store"],
        modules: &[],
        allowed: &[],
        crates: &[&SQLX],
    },
    Rule {
        name: "only adapters::aws uses AWS",
        of: &[],
        except: &["server::adapters::aws"],
        modules: &[],
        allowed: &[],
        crates: &[&AWS],
    },
    Rule {
        name: "only adapters::oidc uses OpenID Connect",
        of: &[],
        except: &["server::adapters::oidc"],
        modules: &[],
        allowed: &[],
        crates: &[&OPENID],
    },
    Rule {
        name: "only adapters::traces uses OpenTelemetry",
        of: &[],
        except: &["server::adapters::traces"],
        modules: &[],
        allowed: &[],
        crates: &[&OPENTELEMETRY],
    },
    Rule {
        name: "web reaches databases and AWS through services",
        of: &["server::web"],
        except: &[],
        modules: &["server::adapters"],
        // Seams without state: clock, randomness, metrics, tasks.
        allowed: &[
            "server::adapters::clock",
            "server::adapters::random",
            "server::adapters::metrics",
            "server::adapters::tasks",
        ],
        crates: &[&SQLX, &AWS],
    },
    Rule {
        name: "the simulator shares only the model with the server",
        of: &["simulator"],
        except: &[],
        modules: &["server"],
        allowed: &[],
        crates: &[],
    },
    Rule {
        name: "only the router and the shell use app",
        of: &[],
        except: &["app", "server::web::router", "server::web::shell"],
        modules: &["app"],
        allowed: &[],
        crates: &[],
    },
];

/// A forbidden dependency.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    pub file: String,
    pub line: usize,
    /// As written in the file.
    pub import: String,
    pub rule: &'static str,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "src/{}:{}: `{}`: {}", self.file, self.line, self.import, self.rule)
    }
}

/// Every violation, by file and line. A forbidden import is reported once, not for each use of its name.
pub fn violations(sources: &Sources) -> Vec<Violation> {
    let mut found = Vec::new();
    for (module, contents) in &sources.modules {
        let is_local = |mention: &&Mention| mention.how == How::InPlace && mention.path.len() == 1;
        for mention in contents.mentions.iter().filter(|mention| !is_local(mention)) {
            let broken = RULES.iter().filter(|rule| {
                let is_told_already = contents.imports.iter().any(|import| {
                    mention.path.first() == Some(&import.name)
                        && mention.path != import.path
                        && rule.forbids(sources, module, &import.path)
                });
                rule.is_for(module) && rule.forbids(sources, module, &mention.path) && !is_told_already
            });
            found.extend(broken.map(|rule| Violation {
                file: contents.file.clone(),
                line: mention.line,
                import: mention.path.join("::"),
                rule: rule.name,
            }));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Whether a module is another or inside it; `""` is the root of the library.
fn is_within(module: &str, outer: &str) -> bool {
    let module = if module.is_empty() { "lib" } else { module };
    module.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn is_any_of(module: &str, outer: &[&str]) -> bool {
    outer.iter().any(|outer| is_within(module, outer))
}

impl Rule {
    fn is_for(&self, module: &str) -> bool {
        (self.of.is_empty() || is_any_of(module, self.of)) && !is_any_of(module, self.except)
    }

    fn forbids(&self, sources: &Sources, module: &str, path: &Path) -> bool {
        let resolved = sources.resolve(module, path);
        // A name also counts as used from the modules that re-export it, except the using module itself.
        let mut places: Vec<&str> =
            resolved.through.iter().map(String::as_str).filter(|place| *place != module).collect();
        match &resolved.place {
            Place::Item { module, .. } | Place::Module(module) => places.push(module),
            Place::Elsewhere(name) => return self.crates.iter().any(|family| is_of_family(name, family)),
        }
        places.into_iter().any(|place| self.forbids_module(place))
    }

    fn forbids_module(&self, place: &str) -> bool {
        if self.modules == ["*"] {
            return !is_any_of(place, self.of);
        }
        is_any_of(place, self.modules) && !is_any_of(place, self.allowed)
    }
}

fn is_of_family(name: &str, family: &[&str]) -> bool {
    family.iter().any(|member| member.strip_suffix('*').map_or(*member == name, |start| name.starts_with(start)))
}
