//! Help with a change that takes long: what to check, and the text for a support case.

use leptos::prelude::*;

use crate::components::CopyButton;

/// What to check when a change has been under way for five minutes.
#[component]
pub(super) fn WhatToCheck(checks: Vec<String>) -> impl IntoView {
    let checks = checks.into_iter().map(|check| view! { <li>{check}</li> });
    view! {
        <section class="what-to-check" aria-labelledby="what-to-check">
            <h2 id="what-to-check">"What to check"</h2>
            <ul>{checks.collect::<Vec<_>>()}</ul>
        </section>
    }
}

/// The text for a support case, with a button that copies it, shown once it works.
#[component]
pub(super) fn Support(text: String) -> impl IntoView {
    view! {
        <details class="support">
            <summary>"For a support case"</summary>
            <pre tabindex="0">{text.clone()}</pre>
            <CopyButton text word="Copy the text" />
        </details>
    }
}
