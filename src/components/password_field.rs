//! A password, with the toggle that shows its characters.

use leptos::prelude::*;

use crate::{model::forms::FormMistake, view::forms};

/// The password field. Its toggle appears once its island runs; its space is reserved beforehand, so that nothing moves
/// under a click.
#[component]
pub fn PasswordField(
    name: &'static str,
    label: &'static str,
    autocomplete: &'static str,
    #[prop(optional)] hint: &'static str,
    /// The mistake in this field.
    #[prop(optional_no_strip)]
    mistake: Option<FormMistake>,
) -> impl IntoView {
    let (hint_id, mistake_id) = (format!("{name}-hint"), format!("{name}-mistake"));
    let describing = [mistake.map(|_| mistake_id.as_str()), (!hint.is_empty()).then_some(hint_id.as_str())];
    let described_by: Vec<&str> = describing.into_iter().flatten().collect();
    let described_by = (!described_by.is_empty()).then(|| described_by.join(" "));
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                id=name r#type="password" name=name required autocomplete=autocomplete aria-describedby=described_by
                aria-invalid=mistake.map(|_| "true")
            />
            <button type="button" class="quiet toggle" hidden aria-pressed="false" aria-controls=name>
                "Show characters"
            </button>
            {mistake.map(|mistake| view! {
                <p id=mistake_id.clone() class="mistake" role="alert">{forms::mistake(mistake, None)}</p>
            })}
            {(!hint.is_empty()).then(|| view! { <p id=hint_id.clone() class="hint">{hint}</p> })}
        </div>
    }
}
