//! Keystream is a web portal for people who operate Amazon Kinesis Data Streams. It shows the encryption state of every
//! stream in many accounts and Regions, turns server-side encryption off and on, and watches each change until AWS has
//! really finished. It never shows a state that AWS hasn't reported.
//!
//! This page introduces the code. Start with `README.md` to try Keystream, and with `docs/` to run, review or change
//! it. `docs/architecture.md` has more about the layers, the life of a change, and the reasons for decisions.
//!
//! # Layers
//!
//! One package is built twice: for the server (feature `ssr`) and for browsers (feature `hydrate`: islands, the server
//! functions that they call, and the types in between). Modules import only what is below them in this table; the test
//! `tests::layers` parses the sources and refuses anything else.
//!
//! | module | what it is |
//! |---|---|
//! | `app` | the frame around every page, and the routes |
//! | `pages`, `components` | HTML, rendered by the server only: one file per route, and what pages are made of |
//! | [`islands`] | all that runs in a browser: live updates, the dialog, navigation in lists, keys, the clipboard |
//! | [`api`] | server functions: what forms and islands call; each checks its scope and calls one service |
//! | `server::cli`, `server::config` | the commands and settings |
//! | `server::web` | HTTP: the router, the registry of endpoints, middleware, handlers, form answers |
//! | `server::services` | what Keystream does: changes, the inventory, keys, accounts, the audit chain |
//! | `server::adapters` | the outside world: the only AWS types, the only SQL, clocks, randomness, tasks |
//! | `view` | what people read: page models and every sentence |
//! | `simulator` | an AWS-shaped server for the demo and the tests; imports only [`model`] |
//! | [`model`] | plain types and rules, without I/O and without sentences |
//!
//! A request goes in a straight line: a page or server function, `server::web::context`, a service, an adapter, and
//! back.
//!
//! # The life of a change
//!
//! 1. Opening a confirmation reads the stream afresh and makes a plan: `server::services::changes::Planner`.
//! 2. `Requests` compares the confirmed form with another fresh read and writes it to the journal, in one transaction
//!    with its audit event. From now on, it is a [`Change`](model::change::Change).
//! 3. `Worker` commits *sent*, makes the one call, and records AWS's answer. It never sends a change twice.
//! 4. `Worker` reads the stream until AWS has finished. [`reconcile`](model::change::reconcile), a pure function,
//!    decides what each read means. Only such evidence lights a rung of the ladder.
//! 5. A settled change is watched for 30 days, and marked as reverted if AWS reports something else.
//!
//! Browsers see every step: `server::services::inventory` numbers what moved, and `/events` sends it.
//!
//! # Where to start reading
//!
//! [`model::change`] has the ladder and its rules; its tests read like a specification. `server::services::changes` is
//! the engine around them. `server::web::endpoints` lists every endpoint, and `tests::journeys` uses them as a person
//! would.

#![recursion_limit = "256"]

#[cfg(all(feature = "hydrate", feature = "ssr"))]
compile_error!("`ssr` and `hydrate` are the two halves of Keystream: build each on its own");
#[cfg(all(feature = "hydrate", not(target_arch = "wasm32")))]
compile_error!("`hydrate` is the browser's half: build it for wasm32-unknown-unknown");

pub mod api;
pub mod error;
pub mod islands;
pub mod model;

#[cfg(feature = "ssr")]
pub mod app;
#[cfg(feature = "ssr")]
pub mod components;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(feature = "ssr")]
pub mod simulator;
#[cfg(feature = "ssr")]
pub mod view;

// Two attributes: clippy knows test code by `cfg(test)` alone.
#[cfg(test)]
#[cfg(feature = "ssr")]
#[expect(clippy::disallowed_methods, reason = "tests wait for the machine, and look at its clock")]
mod tests;

/// Makes the browser ready for islands. Called by the boot script, which then starts each island of the page.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
