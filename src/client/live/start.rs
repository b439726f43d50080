//! Starting the clock and the event source, and pausing them.

use std::time::Duration;

use leptos::prelude::*;

use super::{
    super::browser::say_alive,
    source::Source,
    state::{Connection, Live},
};

impl Live {
    /// Starts the clock and, for a signed-in user, the event source. Effects run only in the browser.
    pub fn start(self) {
        let is_visible = RwSignal::new(true);
        Effect::new(move |_| {
            self.is_hydrated.set(true);
            let tick = move || {
                self.now.set(self.time());
                say_alive();
                self.end_silence();
            };
            tick();
            set_interval(tick, Duration::from_secs(1));
            let look = move || is_visible.set(document().visibility_state() == web_sys::VisibilityState::Visible);
            look();
            // Both live as long as the page, which is left only by loading another one.
            let _ = window_event_listener_untyped("visibilitychange", move |_| look());
        });
        if self.user.with_value(Option::is_none) {
            return;
        }
        // The effect's own value owns the source, which closes when the effect runs again or the page is left. Browser
        // objects must not exist on the server, where the parts of a page move between threads.
        Effect::new(move |former: Option<Option<Source>>| {
            drop(former);
            self.attempt.track();
            let view = self.view.get();
            let is_wanted = self.is_hydrated.get() && is_visible.get() && !self.is_paused.get();
            if self.is_paused.get_untracked() {
                self.gap.set(None);
                self.connection.set(Connection::Paused);
            } else if self.gap.get_untracked().is_none() {
                self.connection.set(Connection::Waiting);
            }
            view.filter(|_| is_wanted).and_then(|view| Source::open(self, &view))
        });
    }

    /// Pauses or resumes live updates: the switch in the header.
    pub fn pause_or_resume(self) {
        self.is_paused.update(|is_paused| *is_paused = !*is_paused);
        if self.is_behind.get_value() {
            self.lose(self.time(), true);
        }
    }
}
