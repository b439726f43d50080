//! A password, with the toggle that shows its characters.

use leptos::prelude::*;

/// The password field. Its toggle appears once its island runs; its space is reserved beforehand, so that nothing moves
/// under a click.
#[component]
pub fn PasswordField(
    name: &'static str,
    label: &'static str,
    autocomplete: &'static str,
    #[prop(optional)] hint: &'static str,
) -> impl IntoView {
    let hint_id = format!("{name}-hint");
    let described_by = (!hint.is_empty()).then(|| hint_id.clone());
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                id=name r#type="password" name=name required autocomplete=autocomplete aria-describedby=described_by
            />
            <button type="button" class="quiet toggle" hidden aria-pressed="false" aria-controls=name>
                "Show characters"
            </button>
            {(!hint.is_empty()).then(|| view! { <p id=hint_id class="hint">{hint}</p> })}
        </div>
    }
}
