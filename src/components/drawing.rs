//! The drawings: a lock, a dot, arrows, the six marks of a ladder. They are hidden from assistive technology, because
//! the words beside them say the same.
//!
//! Each is one piece of fixed markup, so that a page with fifty of them builds no views for their parts.

use std::borrow::Cow;

use leptos::tachys::html::InertElement;

pub const CLOSED_LOCK: &str = concat!(
    "<span class=drawing aria-hidden=true><svg class=lock viewBox='0 0 16 16' width=14 height=14><rect x=3 y=7 \
    width=10 height=7 rx=1.5 />",
    "<path d='M5 7V5a3 3 0 0 1 6 0v2' /></svg></span>"
);
pub const OPEN_LOCK: &str = concat!(
    "<span class=drawing aria-hidden=true><svg class=lock viewBox='0 0 16 16' width=14 height=14><rect x=3 y=7 \
    width=10 height=7 rx=1.5 />",
    "<path d='M5 7V5a3 3 0 0 1 5.8-1.1' /></svg></span>"
);
pub const DOT: &str = "<span class=drawing aria-hidden=true><svg class=dot viewBox='0 0 16 16' width=10 \
    height=10><circle cx=8 cy=8 r=5.5 /></svg></span>";
pub const BRAND: &str = "<span class=drawing aria-hidden=true><svg viewBox='0 0 16 16' width=16 height=16><path d='M2 \
    4h12M2 8h8M2 12h5' /></svg></span>";
/// A column that the list can be sorted by, and isn't.
pub const UNSORTED: &str = "<span class=drawing aria-hidden=true><svg class='lines unsorted' viewBox='0 0 10 16' \
    width=8 height=12><path d='M2 6l3-3 3 3M2 10l3 3 3-3' /></svg></span>";
pub const ASCENDING: &str = "<span class=drawing aria-hidden=true><svg class=lines viewBox='0 0 10 16' width=8 \
    height=12><path d='M5 13V3M2 6l3-3 3 3' /></svg></span>";
pub const DESCENDING: &str = "<span class=drawing aria-hidden=true><svg class=lines viewBox='0 0 10 16' width=8 \
    height=12><path d='M5 3v10M2 10l3 3 3-3' /></svg></span>";
pub const CROSS: &str = "<span class=drawing aria-hidden=true><svg class=lines viewBox='0 0 10 10' width=8 \
    height=8><path d='M1 1l8 8M9 1l-8 8' /></svg></span>";

/// Returns a drawing: one `span`, hidden from assistive technology.
pub fn drawing(markup: impl Into<Cow<'static, str>>) -> InertElement {
    InertElement::new(markup)
}
