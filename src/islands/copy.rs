//! Buttons that copy a text.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, MouseEvent};

use super::dom::{MERGED, all, closest, data, listen, reveal, show_state};

/// How long a button says whether it has copied.
const SAID_FOR: Duration = Duration::from_secs(2);

/// Shows each `button[data-copy]` and makes it copy the text in that attribute.
#[island]
pub fn Copying() -> impl IntoView {
    super::anchored(|| {
        let show = || all("button[data-copy]").iter().for_each(reveal);
        show();
        listen(&document(), MERGED, move |_: web_sys::Event| show());
        listen(&document(), "click", |click: MouseEvent| {
            if let Some(button) = closest(&click, "button[data-copy]") {
                spawn_local(copy(button));
            }
        });
    })
}

async fn copy(button: Element) {
    let written = JsFuture::from(window().navigator().clipboard().write_text(&data(&button, "data-copy"))).await;
    // What a browser doesn't allow can still be selected on the page.
    show_state(&button, if written.is_ok() { "copied" } else { "failed" });
    set_timeout(move || show_state(&button, "ready"), SAID_FOR);
}
