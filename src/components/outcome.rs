//! The outcome of a form, on the page that the form led to.

use leptos::prelude::*;

use crate::{
    model::forms::{FormDone, FormMistake},
    view::forms,
};

/// The mistake in a form, if there is one.
#[component]
pub fn Mistake(mistake: Option<FormMistake>) -> impl IntoView {
    mistake.map(|mistake| view! { <p role="alert" class="alert">{forms::mistake(mistake, None)}</p> }.into_any())
}

/// What a form did, if anything.
#[component]
pub fn Done(done: Option<FormDone>) -> impl IntoView {
    view! { <div role="status">{done.map(|done| view! { <p class="done">{forms::done(done)}</p> }.into_any())}</div> }
}
