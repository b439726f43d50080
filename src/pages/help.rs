//! `/help`: the ladder, the 5 seconds, old records, the quota. Its words stand in `help.html`.

use leptos::prelude::*;
use leptos_meta::Title;

/// What an operator may want to know before and during a change.
#[component]
pub fn HelpPage() -> impl IntoView {
    view! {
        <Title text="Help" />
        <article class="help" inner_html=include_str!("help.html")></article>
    }
}
