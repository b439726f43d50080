//! All that runs in a browser, one island per file. The server renders the pages; an island acts on that markup by ids
//! and data attributes. It owns no words and renders nothing but an empty anchor, so nothing that a translator or an
//! extension may have changed is ever hydrated.
//!
//! The server renders the anchors and calls none of the rest.

mod confirm_dialog;
mod copy;
mod dom;
mod key_search;
mod keyboard;
mod list_navigation;
mod live;
mod password_field;

pub use self::{
    confirm_dialog::ConfirmDialog, copy::Copying, key_search::KeySearch, keyboard::Keyboard,
    list_navigation::ListNavigation, live::LiveUpdates, password_field::PasswordToggles,
};

use leptos::prelude::*;

/// Runs `start` once the island is started, and returns its anchor.
fn anchored(start: impl FnOnce() + 'static) -> impl IntoView {
    let mut start = Some(start);
    Effect::new(move |_| {
        if let Some(start) = start.take() {
            start();
        }
    });
    view! { <span hidden></span> }
}
