//! The title of a page with a form.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::model::forms::FormMistake;

/// The title, which says first if the form came back with a mistake.
#[component]
pub fn FormTitle(#[prop(into)] text: String, mistake: Option<FormMistake>) -> impl IntoView {
    let text = if mistake.is_some() { format!("Error: {text}") } else { text };
    view! { <Title text /> }
}
