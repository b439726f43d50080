//! `/help`: the ladder, the 5 seconds, old records, the quota. Its words stand in `help.html` and are rendered by the server
//! only, so that no browser loads them in its wasm: links to it leave the page (`rel="external"`).

use leptos::prelude::*;
use leptos_meta::Title;

/// What an operator may want to know before and during a change.
#[component]
pub fn HelpPage() -> impl IntoView {
    view! {
        <Title text="Help" />
        <article class="help" inner_html=words()></article>
    }
}

#[cfg(feature = "ssr")]
const fn words() -> &'static str {
    include_str!("help.html")
}

/// What the server rendered stays as it is.
#[cfg(not(feature = "ssr"))]
const fn words() -> &'static str {
    ""
}
