//! A password, with the toggle that shows its characters.

use leptos::prelude::*;

use crate::client::live::Live;

/// The field. On pages that wasm takes over it has a toggle, which is there only once it works, and keeps its place
/// before: nothing moves under a click.
#[component]
pub fn PasswordField(
    name: &'static str,
    label: &'static str,
    autocomplete: &'static str,
    #[prop(optional)] hint: &'static str,
    #[prop(optional)] is_plain: bool,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let is_shown = RwSignal::new(false);
    let hint_id = format!("{name}-hint");
    let described_by = (!hint.is_empty()).then(|| hint_id.clone());
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input id=name r#type=move || if is_shown.get() { "text" } else { "password" } name=name required autocomplete=autocomplete aria-describedby=described_by />
            {(!is_plain).then(|| view! { <button
                type="button"
                class="quiet toggle"
                hidden=move || !live.is_hydrated.get()
                aria-pressed=move || if is_shown.get() { "true" } else { "false" }
                aria-controls=name
                on:click=move |_| is_shown.update(|is_shown| *is_shown = !*is_shown)
            >
                "Show characters"
            </button> }.into_any())}
            {(!hint.is_empty()).then(|| view! { <p id=hint_id class="hint">{hint}</p> }.into_any())}
        </div>
    }
}
