//! The field for the name of an account.

use leptos::prelude::*;

/// The field. `typed` is what was typed so far; `autocomplete` says whether a browser may fill it in.
#[component]
pub fn UserNameField(typed: String, autocomplete: &'static str) -> impl IntoView {
    view! {
        <div class="field">
            <label for="user_name">"User name"</label>
            <input
                id="user_name" r#type="text" name="user_name" value=typed
                required autocomplete=autocomplete autocapitalize="off" spellcheck="false"
            />
        </div>
    }
}
