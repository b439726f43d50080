//! What the server answers to a submitted confirmation.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlTemplateElement};

use super::{
    super::{
        dom::{by_id, first, focus, go_to, id_of, merge, set},
        live::{announce_recorded, elements_of},
    },
    dialog, fields,
};
use crate::{api::changes::Requested, error::AppError};

/// Shows an answer: closes the dialog, or says in it what is wrong. What was typed stays.
pub fn take(answer: Result<Requested, AppError>) {
    fields::set_pending(false);
    match answer {
        Ok(Requested::Change { id, announcement }) => {
            dialog::close();
            announce_recorded(&id, &announcement);
        }
        Ok(Requested::Rejected { parts, .. }) | Err(AppError::Mistake { parts, .. }) => show(&parts),
        Err(AppError::ConfirmIdentity { address }) => go_to(&address),
        Err(AppError::SignedOut) => show_template("signed-out"),
        Err(AppError::Unreachable) => show_template("unreachable"),
        Err(error) => say(&error.to_string()),
    }
}

/// Merges the parts of the form that say what is wrong, and focuses the field.
fn show(parts: &str) {
    clear();
    for part in elements_of(parts) {
        if let Some(shown) = by_id(&id_of(&part)) {
            merge(&shown, &part);
        }
    }
    first("#confirmation [aria-invalid=true]").or_else(|| first("#form-answer [role=alert] a")).inspect(focus);
    fields::prepare();
}

fn show_template(name: &str) {
    clear();
    let template = first(&format!("#confirmation template[data-say={name}]"));
    let template = template.and_then(|found| found.dyn_into::<HtmlTemplateElement>().ok());
    if let (Some(template), Some(slot)) = (template, by_id("form-answer")) {
        slot.set_inner_html(&template.inner_html());
    }
}

/// Says an error in the words of the wire.
fn say(words: &str) {
    clear();
    let alert = leptos::prelude::document().create_element("p");
    if let (Ok(alert), Some(slot)) = (alert, by_id("form-answer")) {
        set(&alert, "role", "alert");
        set(&alert, "class", "alert");
        alert.set_text_content(Some(words));
        // Fails only for a node that holds the slot.
        let _ = slot.append_child(&alert);
    }
}

/// Takes away what was said about the last answer.
fn clear() {
    by_id("form-answer").inspect(|slot| slot.set_text_content(None));
    for field in super::super::dom::all("#confirmation [aria-invalid]") {
        unmark(&field);
    }
    super::super::dom::all("#confirmation .mistake").iter().for_each(Element::remove);
}

fn unmark(field: &Element) {
    // Fails only for malformed names.
    let _ = field.remove_attribute("aria-invalid");
}
