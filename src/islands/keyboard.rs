//! Single keys: `/` focuses the search, `j` and `k` move through the rows, `Enter` opens one, `?` lists the keys.
//! They do nothing in fields and dialogs, with a modifier, or for people who turned them off in the settings.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDialogElement, HtmlInputElement, KeyboardEvent, MouseEvent};

use super::dom::{all, by_id, closest, data, first, focus, listen};

/// Listens to single keys.
#[island]
pub fn Keyboard() -> impl IntoView {
    super::anchored(|| {
        listen(&document(), "keydown", |press: KeyboardEvent| {
            if is_ours(&press) && act(&press.key()) {
                press.prevent_default();
            }
        });
        listen(&document(), "click", |click: MouseEvent| {
            if closest(&click, "#keys-help [data-close]").is_some() {
                help().inspect(HtmlDialogElement::close);
            }
        });
    })
}

/// Returns whether a key was pressed for the page, and not to type, to choose or for the browser.
fn is_ours(press: &KeyboardEvent) -> bool {
    let is_modified = press.ctrl_key() || press.alt_key() || press.meta_key() || press.is_composing();
    let is_on = document().body().is_some_and(|body| data(&body, "data-keys") == "on");
    let is_typing =
        closest(press, "input, textarea, select, [contenteditable]").is_some() || first("dialog[open]").is_some();
    is_on && !is_modified && !is_typing && !press.default_prevented()
}

/// Does what a key stands for. Returns whether it stands for anything here. `Enter` opens the row's link by itself.
fn act(key: &str) -> bool {
    match key {
        "/" => search(),
        "j" => step(1),
        "k" => step(-1),
        "?" => help().is_some_and(|help| help.show_modal().is_ok()),
        _ => false,
    }
}

fn search() -> bool {
    let field = first("main input[type=search]").and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
    field.is_some_and(|field| {
        field.select();
        field.focus().is_ok()
    })
}

/// Moves to the link of the next or the previous row; from outside the rows, to the first.
fn step(by: i32) -> bool {
    let links: Vec<Element> = all("main tbody th[scope=row] a");
    let row = document().active_element().and_then(|focused| focused.closest("tr").ok().flatten());
    let at = row.and_then(|row| links.iter().position(|link| row.contains(Some(link))));
    let at = match (at, by) {
        (Some(at), 1) => (at + 1).min(links.len().saturating_sub(1)),
        (Some(at), _) => at.saturating_sub(1),
        (None, _) => 0,
    };
    links.get(at).inspect(|link| focus(link)).is_some()
}

fn help() -> Option<HtmlDialogElement> {
    by_id("keys-help")?.dyn_into().ok()
}
