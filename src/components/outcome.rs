//! What came of a form, on the page to which it led.

use leptos::prelude::*;

use crate::model::forms::{FormDone, FormMistake};

/// The mistake in a form, if there is one.
#[component]
pub fn Mistake(mistake: Option<FormMistake>) -> impl IntoView {
    mistake.map(|mistake| view! { <p role="alert" class="alert">{mistake.text(None)}</p> }.into_any())
}

/// What a form did, if it did something.
#[component]
pub fn Done(done: Option<FormDone>) -> impl IntoView {
    view! { <div role="status">{done.map(|done| view! { <p class="done">{done.text()}</p> }.into_any())}</div> }
}
