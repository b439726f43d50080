//! Known violations. These lists may only shrink: a fixed entry fails the test until it is removed.

/// Files that use what their layer forbids: path in `src`, and name of the rule.
pub const KNOWN_VIOLATIONS: &[(&str, &str)] = &[
    ("model/inventory/marks.rs", "model uses no other module, no framework, no I/O"),
    ("server/adapters/aws/targets.rs", "adapters know neither services nor the web nor the view"),
    ("server/adapters/store/users.rs", "adapters know neither services nor the web nor the view"),
    ("server/services/changes/planning/other_form.rs", "services know neither the web nor the database nor AWS"),
    ("server/services/changes/planning/plan.rs", "services know neither the web nor the database nor AWS"),
    ("server/services/changes/quota/mod.rs", "services know neither the web nor the database nor AWS"),
    ("server/services/changes/requesting/confirmed_form.rs", "services know neither the web nor the database nor AWS"),
    ("server/services/changes/requesting/record.rs", "services know neither the web nor the database nor AWS"),
    ("server/services/inventory/events.rs", "services know neither the web nor the database nor AWS"),
    ("server/services/inventory/lists.rs", "services know neither the web nor the database nor AWS"),
    ("server/services/inventory/notes.rs", "services know neither the web nor the database nor AWS"),
    ("server/services/keys/picker.rs", "services know neither the web nor the database nor AWS"),
    ("server/services/keys/watch.rs", "services know neither the web nor the database nor AWS"),
    ("server/web/context.rs", "only lib, the router and the shell use app"),
    ("server/web/context.rs", "web reaches databases and AWS through services"),
    ("server/web/handlers/events.rs", "web reaches databases and AWS through services"),
    ("server/web/handlers/export.rs", "web reaches databases and AWS through services"),
    ("server/web/state.rs", "web reaches databases and AWS through services"),
];

/// Dependencies that close a cycle: the file that needs, and the file that is needed.
pub const KNOWN_NEEDS: &[(&str, &str)] = &[
    ("model/change/refusal.rs", "model/change/record.rs"),
    ("model/list/columns.rs", "model/list/mod.rs"),
    ("server/config/flags.rs", "server/config/mod.rs"),
    ("server/config/layers.rs", "server/config/mod.rs"),
    ("server/config/target_table.rs", "server/config/layers.rs"),
    ("server/services/inventory/lists.rs", "server/services/inventory/mod.rs"),
    ("server/services/keys/mod.rs", "server/services/keys/picker.rs"),
    ("server/services/keys/mod.rs", "server/services/keys/watch.rs"),
    ("server/web/context.rs", "app.rs"),
    ("server/web/middleware/client_address.rs", "server/web/state.rs"),
    ("server/web/state.rs", "server/web/middleware/limits.rs"),
];

/// Modules that the table names but that don't exist yet.
pub const MODULES_TO_COME: [&str; 1] = ["islands"];
