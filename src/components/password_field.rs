//! A password, with the toggle that shows its characters.

use leptos::prelude::*;

/// The password field, for pages that only the server renders. Its toggle appears once the script of
/// [`SHOW_CHARACTERS`] runs; its space is reserved beforehand, so that nothing moves under a click.
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
            {(!hint.is_empty()).then(|| view! { <p id=hint_id class="hint">{hint}</p> }.into_any())}
        </div>
    }
}

/// The script of a page's toggles. It turns fields back into password fields before a form is submitted, because
/// browsers remember what is typed as text.
pub const SHOW_CHARACTERS: &str = "for(const b of document.querySelectorAll(\"button.toggle\")){\
    const f=document.getElementById(b.getAttribute(\"aria-controls\"));\
    const show=is=>{f.type=is?\"text\":\"password\";b.setAttribute(\"aria-pressed\",String(is))};\
    b.addEventListener(\"click\",()=>show(f.type===\"password\"));\
    f.form.addEventListener(\"submit\",()=>show(false));\
    b.hidden=false}";
