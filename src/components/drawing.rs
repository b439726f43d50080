//! The drawings: a lock, a dot, the six marks of a ladder. Each comes as one piece of markup, without anything of anybody's in
//! it, so that no view is built for its parts, fifty times on a page.

use leptos::prelude::*;

pub const CLOSED_LOCK: &str = "<svg class=lock viewBox='0 0 16 16' width=14 height=14><rect x=3 y=7 width=10 height=7 rx=1.5 />\
                               <path d='M5 7V5a3 3 0 0 1 6 0v2' /></svg>";
pub const OPEN_LOCK: &str = "<svg class=lock viewBox='0 0 16 16' width=14 height=14><rect x=3 y=7 width=10 height=7 rx=1.5 />\
                             <path d='M5 7V5a3 3 0 0 1 5.8-1.1' /></svg>";
pub const DOT: &str = "<svg class=dot viewBox='0 0 16 16' width=10 height=10><circle cx=8 cy=8 r=5.5 /></svg>";
pub const BRAND: &str = "<svg viewBox='0 0 16 16' width=16 height=16><path d='M2 4h12M2 8h8M2 12h5' /></svg>";

/// A drawing, for eyes only: the words beside it say the same.
#[component]
pub fn Drawing(#[prop(into)] svg: Oco<'static, str>) -> impl IntoView {
    view! { <span class="drawing" aria-hidden="true" inner_html=svg></span> }
}
