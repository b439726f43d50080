//! A button that copies a text.

use leptos::prelude::*;

/// A button that copies a text, shown once it works, and says for a moment whether it did. `of` tells it from others
/// on the page.
#[component]
pub fn CopyButton(text: String, word: &'static str, #[prop(default = None)] of: Option<String>) -> impl IntoView {
    let of = of.map(|of| view! { <span class="visually-hidden">{format!(" of {of}")}</span> });
    view! {
        <button type="button" class="quiet" data-copy=text aria-live="polite" hidden>
            <span data-is="ready">{word}</span>
            <span data-is="copied" hidden>"Copied"</span>
            <span data-is="failed" hidden>"Not copied"</span>
            {of}
        </button>
    }
}
