//! The outcome of a form, on the page that the form led to.

use leptos::prelude::*;

use crate::{model::forms::FormMistake, view::forms};

/// The mistake in a form, if there is one that isn't shown at its field.
#[component]
pub fn Mistake(mistake: Option<FormMistake>) -> impl IntoView {
    mistake.map(|mistake| view! { <p role="alert" class="alert">{forms::mistake(mistake, None)}</p> })
}
