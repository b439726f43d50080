//! Small helpers around browser APIs.

use leptos::{
    ev::{MouseEvent, SubmitEvent},
    prelude::*,
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, FormData, HtmlFormElement};

/// Returns the fields of a form that is being submitted; `None` outside a browser.
pub fn form_pairs(event: &SubmitEvent) -> Option<Vec<(String, String)>> {
    if !is_browser() {
        return None;
    }
    let form: HtmlFormElement = event.target()?.dyn_into().ok()?;
    let entries = js_sys::try_iter(FormData::new_with_form(&form).ok()?.as_ref()).ok()??;
    let pair = |entry: JsValue| {
        let entry: js_sys::Array = entry.dyn_into().ok()?;
        Some((entry.get(0).as_string()?, entry.get(1).as_string()?))
    };
    Some(entries.filter_map(|entry| pair(entry.ok()?)).collect())
}

/// Makes forms show the choices of the page being rendered instead of what was typed before.
pub fn forms_follow() {
    if !is_browser() {
        return;
    }
    queue_microtask(|| {
        let forms = document().forms();
        let forms = (0..forms.length()).filter_map(|at| forms.item(at)?.dyn_into::<HtmlFormElement>().ok());
        forms.filter(|form| form.method() == "get").for_each(|form| form.reset());
    });
}

/// Returns whether the `details` element that sent an event is open now.
pub fn is_open_now(event: &Event) -> bool {
    event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .is_some_and(|element| element.has_attribute("open"))
}

/// Loads another page from scratch: for sign-in, where nothing of this page may remain.
pub fn go_to(path: &str) {
    if is_browser() {
        // The browser rejects only malformed addresses, and ours are made from parsed parts.
        let _ = window().location().set_href(path);
    }
}

/// Returns the address of this page, to load it again.
pub fn own_address() -> String {
    let location = window().location();
    [location.pathname(), location.search()].into_iter().filter_map(Result::ok).collect()
}

/// Tells the boot script that wasm is still running; it watches for silence.
pub fn say_alive() {
    if let Ok(alive) = Event::new("keystream:alive") {
        // Fails only for an event that is already being dispatched.
        let _ = document().dispatch_event(&alive);
    }
}

/// Returns the milliseconds since this page was requested. Uses the time of day, because a browser's monotonic clock
/// stops while the machine sleeps.
pub fn page_age() -> i64 {
    let asked_at = window().performance().map_or_else(js_sys::Date::now, |performance| performance.time_origin());
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a page's life")]
    let age = (js_sys::Date::now() - asked_at) as i64;
    age.max(0)
}

/// Copies a text to the clipboard.
pub fn copy(text: &str) {
    if is_browser() {
        // A browser that doesn't allow it says so itself, and the text can still be selected on the page.
        let _ = window().navigator().clipboard().write_text(text);
    }
}

/// Returns whether a click is meant to follow the link here rather than open a new tab or window.
pub fn is_plain_click(click: &MouseEvent) -> bool {
    click.button() == 0 && !(click.meta_key() || click.ctrl_key() || click.shift_key() || click.alt_key())
}
