//! The page's one dialog.

use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;

use super::super::dom::by_id;

/// Returns the dialog, on a page that has one.
pub fn find() -> Option<HtmlDialogElement> {
    by_id("confirm-dialog")?.dyn_into().ok()
}

/// Closes the dialog. The browser gives the focus back to the link.
pub fn close() {
    find().inspect(HtmlDialogElement::close);
}
