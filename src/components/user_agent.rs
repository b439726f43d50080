//! The browser that somebody used.

use leptos::prelude::*;

/// What a browser says of itself, behind a disclosure: it is long, and seldom asked for.
#[component]
pub fn UserAgent(of: String) -> impl IntoView {
    (!of.is_empty()).then(|| {
        view! { <details class="agent"><summary>"Browser"</summary><span class="small">{of}</span></details> }
    })
}
