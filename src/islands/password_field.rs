//! The toggle that shows the characters of a password.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, MouseEvent, SubmitEvent};

use super::dom::{all, by_id, closest, data, listen, reveal, set};

const TOGGLES: &str = "button.toggle[aria-controls]";

/// Shows each toggle and makes it work.
#[island]
pub fn PasswordToggles() -> impl IntoView {
    super::anchored(|| {
        all(TOGGLES).iter().for_each(reveal);
        listen(&document(), "click", |click: MouseEvent| {
            if let Some(toggle) = closest(&click, TOGGLES) {
                show(&toggle, data(&toggle, "aria-pressed") != "true");
            }
        });
        // Browsers remember what is submitted as text.
        listen(&document(), "submit", |_: SubmitEvent| all(TOGGLES).iter().for_each(|toggle| show(toggle, false)));
    })
}

fn show(toggle: &Element, is_shown: bool) {
    let field = by_id(&data(toggle, "aria-controls")).and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
    if let Some(field) = field {
        field.set_type(if is_shown { "text" } else { "password" });
        set(toggle, "aria-pressed", if is_shown { "true" } else { "false" });
    }
}
