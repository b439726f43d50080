//! Small things of the browser.

use leptos::{ev::MouseEvent, prelude::*};

/// Leaves for another page by loading it whole: for signing in, where nothing of this page may stay.
pub fn go_to(path: &str) {
    if is_browser() {
        // The browser refuses only malformed addresses, and ours are made from parsed parts.
        let _ = window().location().set_href(path);
    }
}

/// Puts a text on the clipboard.
pub fn copy(text: &str) {
    if is_browser() {
        // A browser that does not allow it says so itself; the text is on the page to be selected.
        let _ = window().navigator().clipboard().write_text(text);
    }
}

/// Whether a click asks for what a link does by itself, rather than for a new tab or window.
pub fn is_plain_click(click: &MouseEvent) -> bool {
    click.button() == 0 && !(click.meta_key() || click.ctrl_key() || click.shift_key() || click.alt_key())
}
