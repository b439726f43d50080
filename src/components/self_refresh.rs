//! Self-refresh without scripts: the page of an active change reloads itself, by `<noscript>` without scripts and by
//! the boot script if wasm doesn't start.

use leptos::prelude::*;

const WORDS: &str = "This page reloads every 10 s.";

/// Reloads `address` every 10 s while `is_wanted`, unless wasm runs, and says so. `address` is one of our own, made
/// from parsed parts. The boot script shows the second sentence when it takes over.
#[component]
pub fn SelfRefresh(address: String, is_wanted: bool) -> impl IntoView {
    is_wanted.then(|| {
        // `live=1` marks a reload by the page rather than by the user: it doesn't keep a session alive.
        let separator = if address.contains('?') { '&' } else { '?' };
        let address = format!("{address}{separator}live=1");
        let escaped = address.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
        let without_scripts =
            format!("<meta http-equiv=\"refresh\" content=\"10; url={escaped}\"><p class=\"hint\">{WORDS}</p>");
        view! {
            <noscript inner_html=without_scripts></noscript>
            <p class="hint" hidden data-self-refresh=address>{WORDS}</p>
        }
    })
}
