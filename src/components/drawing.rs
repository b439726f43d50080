//! The drawings: a lock, a dot, the six marks of a ladder. They are hidden from assistive technology, because the words
//! beside them say the same.
//!
//! Each is one piece of fixed markup, so that a page with fifty of them builds no views for their parts.

use std::borrow::Cow;

use leptos::{prelude::*, tachys::html::InertElement};

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

/// Returns a drawing: one `span`, hidden from assistive technology.
pub fn drawing(markup: impl Into<Cow<'static, str>>) -> AnyView {
    InertElement::new(markup).into_any()
}
