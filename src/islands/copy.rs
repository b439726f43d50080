//! Buttons that copy a text.

use leptos::prelude::*;
use web_sys::MouseEvent;

use super::dom::{MERGED, all, closest, data, listen, reveal};

/// Shows each `button[data-copy]` and makes it copy the text in that attribute.
#[island]
pub fn Copying() -> impl IntoView {
    super::anchored(|| {
        let show = || all("button[data-copy]").iter().for_each(reveal);
        show();
        listen(&document(), MERGED, move |_: web_sys::Event| show());
        listen(&document(), "click", |click: MouseEvent| {
            if let Some(button) = closest(&click, "button[data-copy]") {
                // A browser that doesn't allow it says so itself, and the text can still be selected on the page.
                let _ = window().navigator().clipboard().write_text(&data(&button, "data-copy"));
            }
        });
    })
}
