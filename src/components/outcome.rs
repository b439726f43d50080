//! The outcome of a form, on the page that the form led to.

use leptos::prelude::*;

use crate::{
    model::{forms::FormMistake, stream::StreamName},
    view::forms,
};

/// The mistake in a form, if there is one, above the form. `of` is the stream that the form is about.
#[component]
pub fn Mistake(mistake: Option<FormMistake>, #[prop(optional)] of: Option<StreamName>) -> impl IntoView {
    mistake.map(|mistake| view! { <p role="alert" class="alert">{forms::mistake(mistake, of.as_ref())}</p> })
}
