//! Keystream is a web portal for operators of Amazon Kinesis Data Streams. It shows every stream of many accounts and
//! Regions with its encryption state, turns server-side encryption off and on, and watches each change until AWS has
//! really finished. It never shows a state that AWS hasn't reported.
//!
//! This is the front page for readers of the code. `README.md` is for those who try it, and `docs/` for those who run,
//! review or change it.
//!
//! # Layers
//!
//! One package is built twice: for the server (feature `ssr`) and for browsers (feature `hydrate`). Imports point one
//! way, from the top of this table to its end; the test `tests::layers` reads the sources and refuses any other.
//!
//! | module | what it is |
//! |---|---|
//! | [`app`] | the tables of pages |
//! | [`pages`], [`components`] | what is shown: a file per route, and what pages are made of |
//! | [`client`] | what only a browser does: live updates, dialogs, the clipboard |
//! | [`api`] | server functions: each checks its object's scope and makes one call of a service |
//! | `server::cli`, `server::config` | the program's commands and settings |
//! | `server::web` | HTTP: the router, the registry of endpoints, middleware, handlers, the answers to forms |
//! | `server::services` | what Keystream does: changes, the inventory, keys, accounts, the audit chain |
//! | `server::adapters` | the world outside: the only types of AWS, the only SQL, clocks and randomness |
//! | [`view`] | from facts to words: page models and every sentence |
//! | [`model`] | plain types and rules, without I/O and without sentences |
//! | `simulator` | an AWS-shaped server for the demo and the tests |
//!
//! A request takes one straight line: a page or server function, `server::web::context`, a service, an adapter, and
//! back.
//!
//! # The life of a change
//!
//! 1. Opening a confirmation reads the stream afresh and makes a plan: `server::services::changes::Planner`.
//! 2. The confirmed form is compared with another fresh read, and written to the journal together with its audit event:
//!    `Requests`. From here on it is a [`Change`](model::change::Change).
//! 3. `Worker` commits *sent*, makes the one call, and keeps AWS's answer. It never sends a second time.
//! 4. It reads the stream until AWS has finished. [`reconcile`](model::change::reconcile) decides what each read means,
//!    as a pure function; a rung of the ladder is lit only by such evidence.
//! 5. A settled change stays watched for 30 days, and is marked as reverted if AWS reports something else.
//!
//! Every step goes to whoever watches: `server::services::inventory` numbers what moved, and `/events` tells it.
//!
//! # Where to start reading
//!
//! [`model::change`] has the ladder and its rules; its tests read like a specification. `server::services::changes` is
//! the engine around them. `server::web::endpoints` lists everything that answers, and `tests::journeys` walks through
//! it as a person would.

#![recursion_limit = "256"]

#[cfg(all(feature = "hydrate", feature = "ssr"))]
compile_error!("`ssr` and `hydrate` are the two halves of Keystream: build each on its own");
#[cfg(all(feature = "hydrate", not(target_arch = "wasm32")))]
compile_error!("`hydrate` is the browser's half: build it for wasm32-unknown-unknown");

pub mod api;
pub mod app;
pub mod client;
pub mod components;
pub mod error;
pub mod model;
pub mod pages;
pub mod view;

#[cfg(feature = "ssr")]
pub mod server;
#[cfg(feature = "ssr")]
pub mod simulator;

// Two attributes: clippy knows test code by `cfg(test)` alone.
#[cfg(test)]
#[cfg(feature = "ssr")]
#[expect(clippy::disallowed_methods, reason = "tests wait for the machine, and look at its clock")]
mod tests;

/// Takes over the page that the server rendered. Called by the boot script.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
}
