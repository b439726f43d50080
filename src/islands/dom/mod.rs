//! Small helpers around the document.

mod fetch;
mod merge;

pub use self::{
    fetch::{Fetched, FetchedPage, fetch_page},
    merge::{merge, merge_part, write},
};

use std::{cell::Cell, rc::Rc};

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{
    Element, Event, EventTarget, FormData, HtmlCollection, HtmlElement, HtmlFormElement, HtmlTemplateElement,
    MouseEvent, NodeList,
};

/// The event on the document after a page's content was merged with newer content.
pub const MERGED: &str = "keystream:merged";

/// Requests of one kind, of which a later one overtakes those before it.
#[derive(Debug, Clone, Default)]
pub struct Latest(Rc<Cell<u32>>);

impl Latest {
    /// Begins a request. Returns whether it is still the latest, whenever that is asked.
    pub fn begin(&self) -> impl Fn() -> bool + 'static {
        let (latest, this) = (self.0.clone(), self.0.get().wrapping_add(1));
        latest.set(this);
        move || latest.get() == this
    }
}

/// Returns the element with an id.
pub fn by_id(id: &str) -> Option<Element> {
    document().get_element_by_id(id)
}

/// Returns an element's id; empty without one. The property isn't asked: on a form, a field named `id` stands for it.
pub fn id_of(element: &Element) -> String {
    data(element, "id")
}

/// Returns all elements that a selector matches.
pub fn all(selector: &str) -> Vec<Element> {
    // The selectors are our own, so they parse.
    document().query_selector_all(selector).map(|found| elements(&found)).unwrap_or_default()
}

/// Returns the elements of a list of nodes.
pub fn elements(nodes: &NodeList) -> Vec<Element> {
    (0..nodes.length()).filter_map(|at| nodes.item(at)?.dyn_into().ok()).collect()
}

/// Returns the elements of a collection, such as an element's children.
pub fn members(collection: &HtmlCollection) -> Vec<Element> {
    (0..collection.length()).filter_map(|at| collection.item(at)).collect()
}

/// Returns the fields of a form as they are filled in.
pub fn form_pairs(form: &HtmlFormElement) -> Option<Vec<(String, String)>> {
    let entries = js_sys::try_iter(FormData::new_with_form(form).ok()?.as_ref()).ok()??;
    let pair = |entry: JsValue| {
        let entry: js_sys::Array = entry.dyn_into().ok()?;
        Some((entry.get(0).as_string()?, entry.get(1).as_string()?))
    };
    entries.flatten().map(pair).collect()
}

/// Fills an element with the content of a template that the page brought along.
pub fn fill_from(template: Option<Element>, slot: Option<Element>) {
    let template = template.and_then(|found| found.dyn_into::<HtmlTemplateElement>().ok());
    if let (Some(template), Some(slot)) = (template, slot) {
        slot.set_inner_html(&template.inner_html());
    }
}

/// Returns the first element that a selector matches.
pub fn first(selector: &str) -> Option<Element> {
    document().query_selector(selector).ok().flatten()
}

/// Returns a data attribute, by its full name; empty without one.
pub fn data(element: &Element, name: &str) -> String {
    element.get_attribute(name).unwrap_or_default()
}

/// Sets or removes an attribute without a value. Fails only for malformed names.
pub fn toggle(element: &Element, name: &str, is_set: bool) {
    if element.has_attribute(name) != is_set {
        let _ = element.toggle_attribute_with_force(name, is_set);
    }
}

/// Sets an attribute. Fails only for malformed names.
pub fn set(element: &Element, name: &str, value: &str) {
    if element.get_attribute(name).as_deref() != Some(value) {
        let _ = element.set_attribute(name, value);
    }
}

/// Shows a control that only works with scripts. A merge leaves it shown.
pub fn reveal(element: &Element) {
    set(element, "data-shown", "");
    toggle(element, "hidden", false);
}

/// Shows, of the elements in `within` that stand for states, the one that stands for `state`.
pub fn show_state(within: &Element, state: &str) {
    set(within, "data-state", state);
    for child in members(&within.children()) {
        if child.has_attribute("data-is") {
            toggle(&child, "hidden", data(&child, "data-is") != state);
        }
    }
}

/// Focuses an element. Fails only for elements that aren't in the page.
pub fn focus(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// Returns the element that an event came from, or its closest ancestor that a selector matches.
pub fn closest(event: &Event, selector: &str) -> Option<Element> {
    let element: Element = event.target()?.dyn_into().ok()?;
    element.closest(selector).ok().flatten()
}

/// Returns whether a click is meant to follow the link here rather than open a new tab or window.
pub fn is_plain_click(click: &MouseEvent) -> bool {
    click.button() == 0 && !(click.meta_key() || click.ctrl_key() || click.shift_key() || click.alt_key())
}

/// Listens for as long as the page lives: an island is never taken down before its page.
pub fn listen<E: JsCast + 'static>(target: &EventTarget, name: &str, listener: impl FnMut(E) + 'static) {
    let mut listener = listener;
    let closure = Closure::<dyn FnMut(Event)>::new(move |event: Event| listener(event.unchecked_into()));
    // Fails only for a target that is no event target.
    let _ = target.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
    closure.forget();
}

/// Dispatches an event of our own on the document.
pub fn announce(name: &str) {
    if let Ok(event) = Event::new(name) {
        // Fails only for an event that is already being dispatched.
        let _ = document().dispatch_event(&event);
    }
}

/// Loads another page from scratch.
pub fn go_to(address: &str) {
    // The browser rejects only malformed addresses, and ours come from the server.
    let _ = window().location().set_href(address);
}

/// Returns the address of this page, without the mark of its own refresh.
pub fn own_address() -> String {
    let location = window().location();
    let address: String = [location.pathname(), location.search()].into_iter().filter_map(Result::ok).collect();
    address.replace("?live=1&", "?").replace("?live=1", "").replace("&live=1", "")
}
