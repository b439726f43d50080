//! The field for a reason that needs no more than the field itself.

use leptos::prelude::*;

use crate::{model::forms::FormMistake, view::forms};

/// The field, with its mistake. `typed` is what was typed so far; `hint` tells what to write.
#[component]
pub fn PlainReason(id: &'static str, typed: String, mistake: Option<FormMistake>, hint: &'static str) -> impl IntoView {
    let (mistake_id, hint_id) = (format!("{id}-mistake"), format!("{id}-hint"));
    let described_by = match mistake {
        Some(_) => format!("{mistake_id} {hint_id}"),
        None => hint_id.clone(),
    };
    view! {
        <div class="field">
            <label for=id>"Reason"</label>
            <input
                id=id r#type="text" name="reason" value=typed autocomplete="off"
                aria-describedby=described_by aria-invalid=mistake.map(|_| "true") autofocus=mistake.is_some()
            />
            {mistake.map(|mistake| view! {
                <p id=mistake_id class="mistake">{forms::mistake(mistake, None)}</p>
            })}
            <p id=hint_id class="hint">{hint}</p>
        </div>
    }
}
