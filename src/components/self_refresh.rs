//! Self-refresh without wasm: pages with a change under way reload themselves, by `<noscript>` without scripts and by
//! the boot script if wasm doesn't start.

use leptos::prelude::*;

/// Reloads `address` every 10 s while `is_wanted`, unless wasm runs. `address` is one of our own, made from parsed
/// parts.
#[component]
pub fn SelfRefresh(address: String, is_wanted: bool) -> impl IntoView {
    is_wanted.then(|| {
        // `live=1` marks a reload by the page rather than by the user: it doesn't keep a session alive.
        let separator = if address.contains('?') { '&' } else { '?' };
        let address = format!("{address}{separator}live=1");
        let escaped = address.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
        // As inner HTML: with scripts on, a browser parses the content as text, which would break hydration.
        let meta = format!("<meta http-equiv=\"refresh\" content=\"10; url={escaped}\">");
        view! {
            <noscript inner_html=meta></noscript>
            <span hidden data-self-refresh=address></span>
        }
        .into_any()
    })
}
