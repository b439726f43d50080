//! Keystream: every Kinesis data stream with its encryption state, and changes of it that are watched until AWS has finished.

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
