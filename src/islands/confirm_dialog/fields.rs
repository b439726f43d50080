//! The fields of the confirmation while they are filled in.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlButtonElement, HtmlFormElement, HtmlInputElement};

use super::super::dom::{MERGED, all, data, first, form_pairs, listen, set, toggle};
use crate::model::{
    change::{Action, ChangeForm},
    stream::encryption::KeyId,
};

/// Checks what is typed, from now on: on a page, it may have been typed before wasm was there.
pub fn follow_typing() {
    check();
    listen(&document(), "input", |_: Event| check());
    // What the server renders anew has the button enabled.
    listen(&document(), MERGED, |_: Event| check());
}

/// Returns whether a form of this action waits for its answer.
pub fn is_pending(action: Action) -> bool {
    first(&format!("#confirmation form[data-pending][data-action={}]", action.slug())).is_some()
}

/// Marks a form that waits for its answer.
pub fn set_pending(is_pending: bool) {
    first("#confirmation form").inspect(|form| toggle(form, "data-pending", is_pending));
    check();
}

/// Returns the form as it is filled in.
pub fn typed(form: &HtmlFormElement) -> Option<ChangeForm> {
    let fields: serde_json::Map<_, _> =
        form_pairs(form)?.into_iter().map(|(name, value)| (name, value.into())).collect();
    serde_json::from_value(fields.into()).ok()
}

/// Disables the button while the name differs, and follows the chosen key.
pub fn check() {
    let Some(article) = first("#confirmation") else { return };
    let is_name_typed = value("typed_name").is_none_or(|typed| typed.trim() == data(&article, "data-name"));
    let is_pending = first("#confirmation form[data-pending]").is_some();
    let why = first("#why-disabled");
    for button in all("#confirmation [data-act]") {
        if let Some(button) = button.dyn_ref::<HtmlButtonElement>() {
            button.set_disabled(!is_name_typed || is_pending);
        }
        if why.is_some() && !is_name_typed {
            set(&button, "aria-describedby", "why-disabled");
        } else {
            // Fails only for malformed names.
            let _ = button.remove_attribute("aria-describedby");
        }
    }
    why.inspect(|why| toggle(why, "hidden", is_name_typed));
    if let Some(key) = value("key") {
        follow_key(key.trim());
    }
}

/// Shows the chosen key in the call, and the warning about the key that only AWS's own account can use.
fn follow_key(key: &str) {
    let parsed = key.parse::<KeyId>().ok();
    if let Some(shown) = first("#confirmation [data-chosen-key]") {
        let placeholder = data(&shown, "data-placeholder");
        let words = if parsed.is_some() { key } else { &placeholder };
        super::super::dom::write(&shown, words);
    }
    let is_of_aws = key == "aws/kinesis" || key.ends_with("alias/aws/kinesis");
    first("#confirmation [data-of-aws-key]").inspect(|warning: &Element| toggle(warning, "hidden", !is_of_aws));
}

fn value(name: &str) -> Option<String> {
    let field = first(&format!("#confirmation input[name={name}]"))?;
    Some(field.dyn_into::<HtmlInputElement>().ok()?.value())
}
