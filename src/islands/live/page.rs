//! The page's own refresh: it fetches its address again and merges what came.

use std::{rc::Rc, time::Duration};

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::Document;

use super::{
    super::dom::{Fetched, MERGED, announce, by_id, data, fetch_page, go_to, merge, own_address},
    state::LiveState,
};

impl LiveState {
    /// Fetches the page again soon. What moves in the meantime comes with the same answer.
    pub(super) fn refresh_soon(self: &Rc<Self>, wait: Duration) {
        if self.is_refresh_due.replace(true) {
            return;
        }
        let live = self.clone();
        set_timeout(
            move || {
                live.is_refresh_due.set(false);
                if live.is_wanted() {
                    spawn_local(live.refresh());
                } else {
                    live.is_behind.set(true);
                }
            },
            wait,
        );
    }

    async fn refresh(self: Rc<Self>) {
        let address = own_address();
        // `live=1` marks a request by the page rather than by a person: it doesn't keep a session alive.
        let separator = if address.contains('?') { '&' } else { '?' };
        let fetched = fetch_page(&format!("{address}{separator}live=1")).await;
        if !self.is_wanted() {
            return self.is_behind.set(true);
        }
        // The list has gone on to other rows in the meantime.
        if own_address() != address {
            return self.refresh_soon(Duration::ZERO);
        }
        match fetched {
            Fetched::SignedOut => self.end("say-signed-out"),
            Fetched::Failed => self.lose(self.time(), true),
            Fetched::Page(page) => self.take_page(&page.document),
        }
    }

    /// Shows what came, or stops where another build made it.
    fn take_page(self: &Rc<Self>, page: &Document) {
        let Some(bar) = page.get_element_by_id("bar") else { return self.end("say-signed-out") };
        // An error page says what it has to say by itself.
        if !bar.has_attribute("data-version") {
            return go_to(&own_address());
        }
        if data(&bar, "data-version") != self.version {
            return self.end("say-outdated");
        }
        // The other pages have nothing that moves but forms, which nobody may take away.
        let main = by_id("live-page").map(|_| "main");
        for id in ["bar", "warnings"].into_iter().chain(main) {
            if let (Some(shown), Some(newer)) = (by_id(id), page.get_element_by_id(id)) {
                merge(&shown, &newer);
            }
        }
        self.is_behind.set(false);
        let tag = data(&bar, "data-as");
        let is_same = *self.tag.borrow() == tag;
        if !is_same {
            self.change_windows(&tag);
        }
        announce(MERGED);
        if !is_same {
            return self.follow();
        }
        if self.heard_at.get().is_some() {
            self.heard();
        } else if self.windows.is_leading.get() {
            self.reconnect();
        } else if self.listening_since.get().is_none() {
            self.take_over();
        }
    }
}
