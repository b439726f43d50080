//! What the server answers to a submitted confirmation.

use web_sys::Element;

use super::{
    super::{
        dom::{all, by_id, fill_from, first, focus, go_to, id_of, merge, set},
        live::{announce_recorded, elements_of, say_on_page},
    },
    dialog, fields,
};
use crate::{api::changes::Requested, error::AppError, model::change::Action};

/// Shows the answer to a form: closes the dialog, or says in it what is wrong. What was typed stays.
pub fn take(action: Action, answer: Result<Requested, AppError>) {
    if !fields::is_pending(action) {
        return take_late(answer);
    }
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

/// Takes the answer to a form whose dialog was closed meanwhile. Another form may be open by now, which it doesn't
/// concern.
fn take_late(answer: Result<Requested, AppError>) {
    match answer {
        Ok(Requested::Change { id, announcement }) => announce_recorded(&id, &announcement),
        Err(AppError::Unreachable) => say_on_page("say-unanswered"),
        // Nothing was sent, as after any other form that was closed.
        _ => {}
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
    fields::check();
}

fn show_template(name: &str) {
    clear();
    fill_from(first(&format!("#confirmation template[data-say={name}]")), by_id("form-answer"));
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
    for field in all("#confirmation [aria-invalid]") {
        // Fails only for malformed names.
        let _ = field.remove_attribute("aria-invalid");
    }
    all("#confirmation .mistake").iter().for_each(Element::remove);
}
