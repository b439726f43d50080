//! Known violations. These lists may only shrink: a fixed entry fails the test until it is removed.

/// Files that use what their layer forbids: path in `src`, and name of the rule.
pub const KNOWN_VIOLATIONS: &[(&str, &str)] = &[];

/// Needs that close a cycle: the file that needs, and the file that is needed.
pub const KNOWN_NEEDS: &[(&str, &str)] = &[];

/// Modules that the table names but that don't exist yet.
pub const MODULES_TO_COME: [&str; 1] = ["islands"];
