//! Starting live updates, pausing them, and following the page's visibility.

use std::{rc::Rc, time::Duration};

use leptos::prelude::*;
use web_sys::{Event, VisibilityState};

use super::{
    super::dom::{MERGED, announce, by_id, data, listen, reveal, show_state},
    ages, parts,
    state::{LiveState, State, is_stopped},
};

/// Starts the clock and the events of this page.
pub fn start() {
    let Some(live) = LiveState::of_page().map(Rc::new) else { return };
    live.look_at_page();
    for control in ["live-state", "live-pause"].into_iter().filter_map(by_id) {
        reveal(&control);
    }
    parts::hide_stand_ins();
    live.tick();
    let ticking = live.clone();
    set_interval(move || ticking.tick(), Duration::from_secs(1));
    let paused = live.clone();
    if let Some(button) = by_id("live-pause") {
        listen(&button, "click", move |_: Event| paused.pause_or_resume());
    }
    let merged = live.clone();
    listen(&document(), MERGED, move |_: Event| merged.page_has_changed());
    let looking = live.clone();
    listen(&document(), "visibilitychange", move |_: Event| looking.look_whether_visible());
    let leaving = live.clone();
    listen(&window(), "pagehide", move |_: Event| leaving.windows.leave());
    let returning = live.clone();
    listen(&window(), "pageshow", move |_: Event| returning.look_whether_visible());
    listen(&document(), "mouseover", |pointed: Event| ages::tell_local_time(&pointed));
    live.listen_to_windows();
    live.look_whether_visible();
}

impl LiveState {
    fn tick(self: &Rc<Self>) {
        if is_stopped() {
            return self.windows.leave();
        }
        ages::count(self.time());
        // The boot script watches for silence.
        announce("keystream:alive");
        self.end_silence();
        self.windows_tick();
    }

    fn look_whether_visible(self: &Rc<Self>) {
        self.is_visible.set(document().visibility_state() == VisibilityState::Visible);
        self.follow();
    }

    fn pause_or_resume(self: &Rc<Self>) {
        if self.is_over.get() {
            return;
        }
        self.is_paused.set(!self.is_paused.get());
        if let Some(button) = by_id("live-pause") {
            show_state(&button, if self.is_paused.get() { "off" } else { "on" });
        }
        self.follow();
    }

    /// Stops updating for good, and says why in the words of a template.
    pub(super) fn end(self: &Rc<Self>, template: &str) {
        parts::say(template);
        self.is_over.set(true);
        self.follow();
    }

    /// Takes part in the events of this browser's windows, or no longer does.
    pub(super) fn follow(self: &Rc<Self>) {
        if self.is_wanted() {
            if self.lost_since.get().is_none() {
                self.set_state(State::Waiting);
            }
            self.join();
            // What was missed while nobody looked.
            if self.is_behind.get() {
                self.refresh_soon(Duration::ZERO);
            }
        } else {
            self.windows.leave();
            self.deafen(None);
            if self.is_paused.get() || self.is_over.get() {
                self.close_gap();
                self.set_state(State::Paused);
            }
        }
    }

    /// Reads what the page shows now.
    fn look_at_page(&self) {
        *self.shown.borrow_mut() = parts::Shown::of_page();
        let page = by_id("live-page").or_else(|| by_id("bar"));
        let rev = page.and_then(|page| data(&page, "data-rev").parse().ok());
        self.rev.set(rev.unwrap_or(self.rev.get()));
    }

    /// Follows what the page shows after its content was merged with newer content.
    fn page_has_changed(self: &Rc<Self>) {
        ages::count(self.time());
        parts::hide_stand_ins();
        parts::hide_own_links();
        let before = self.shown.borrow().clone();
        self.look_at_page();
        if *self.shown.borrow() != before {
            self.windows_hello();
        }
    }
}
