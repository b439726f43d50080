//! Self-refresh without wasm: pages with something under way reload themselves, by `<noscript>` without scripts and by
//! the boot script when wasm does not start.

use leptos::prelude::*;

/// Reloads `address` every 10 s while `is_wanted`, unless wasm runs. `address` is one of our own, made from parsed
/// parts.
#[component]
pub fn SelfRefresh(address: String, is_wanted: bool) -> impl IntoView {
    is_wanted.then(|| {
        // `live=1` says that the machine reloads, not a person: a session does not live from it.
        let separator = if address.contains('?') { '&' } else { '?' };
        let address = format!("{address}{separator}live=1");
        let escaped = address.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
        // As inner HTML: with scripts on, a browser reads what is inside as text, which hydration would trip over.
        let meta = format!("<meta http-equiv=\"refresh\" content=\"10; url={escaped}\">");
        view! {
            <noscript inner_html=meta></noscript>
            <span hidden data-self-refresh=address></span>
        }
        .into_any()
    })
}
