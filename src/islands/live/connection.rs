//! What happens when the connection delivers something, falls silent or is lost.

use std::{rc::Rc, time::Duration};

use leptos::prelude::*;

use super::{
    super::dom::{by_id, first, set, show_state, toggle, write},
    parts,
    state::{LiveState, State},
};
use crate::model::time::{SECOND_MS, Timestamp};

/// How long a connection may be silent before it counts as dead: the server sends a heartbeat every 15 s.
const SILENT_AFTER_MS: i64 = 40 * SECOND_MS;
/// How much longer a window waits for the one that has the connection, which says so when that is silent.
const SILENT_WINDOW_AFTER_MS: i64 = SILENT_AFTER_MS + 5 * SECOND_MS;
/// The wait between a move that concerns the page and its refresh, and how much is added at random: the windows of all
/// users hear of it at the same moment.
const MOVED_MS: f64 = 1_000.0;
const MOVED_SPREAD_MS: f64 = 1_000.0;
/// The delay between a failure and the first retry. Each further failure doubles it.
const FIRST_RETRY_MS: u32 = 2_000;
const LONGEST_RETRY_MS: u32 = 30_000;

impl LiveState {
    /// Handles an event of the server, from this window's connection or another one's.
    pub(super) fn take(self: &Rc<Self>, kind: &str, data: &str, rev: Option<i64>) {
        if !self.is_wanted() {
            return;
        }
        match kind {
            "heartbeat" if *data != self.version => return self.end("say-outdated"),
            "reset" => {
                self.is_behind.set(true);
                return self.refresh_soon(Duration::ZERO);
            }
            "fragments" => parts::merge_parts(data),
            "announce" => parts::announce(data),
            "moved" if self.is_concerned(data) => {
                self.refresh_soon(Duration::from_secs_f64((MOVED_MS + js_sys::Math::random() * MOVED_SPREAD_MS) / 1e3));
            }
            _ => {}
        }
        self.rev.set(self.rev.get().max(rev.unwrap_or_default()));
        self.heard();
    }

    fn is_concerned(&self, moved: &str) -> bool {
        let shown = self.shown.borrow();
        moved.split(' ').any(|word| shown.moves.split(',').any(|own| own == word))
    }

    /// Notes that something has arrived: the page is live, unless what it missed hasn't come yet.
    pub(super) fn heard(&self) {
        self.heard_at.set(Some(self.time()));
        if !self.is_behind.get() {
            self.failures.set(0);
            self.close_gap();
            self.set_state(State::Live);
        }
    }

    /// Ends a connection that has been silent for too long: something in between may have stopped forwarding, or the
    /// window that has the connection hangs.
    pub(super) fn end_silence(self: &Rc<Self>) {
        let (longest, heard_at) = if self.windows.is_leading.get() {
            (SILENT_AFTER_MS, self.windows.heard_at())
        } else {
            (SILENT_WINDOW_AFTER_MS, self.heard_at.get().or(self.listening_since.get()))
        };
        if let Some(since) = heard_at.filter(|at| self.time().millis_since(*at) > longest) {
            self.deafen(None);
            self.windows.end_silence();
            self.lose(since, true);
        }
    }

    /// Marks the page as not live since `since`, and retries; with `is_behind`, by fetching the page first.
    pub(super) fn lose(self: &Rc<Self>, since: Timestamp, is_behind: bool) {
        if !self.is_wanted() {
            return;
        }
        self.is_behind.set(self.is_behind.get() || is_behind);
        if self.is_retrying.get() {
            return self.show_gap(since, None);
        }
        self.is_retrying.set(true);
        let failures = self.failures.get();
        self.failures.set(failures.saturating_add(1));
        // Adds up to a quarter, so that the windows don't all come back at once.
        let delay = f64::from((FIRST_RETRY_MS << failures.min(4)).min(LONGEST_RETRY_MS));
        #[expect(clippy::cast_possible_truncation, reason = "some seconds")]
        let delay = (delay * (1.0 + js_sys::Math::random() / 4.0)) as i64;
        let next_try = self.time().plus_millis(delay);
        self.show_gap(since, Some(next_try));
        self.windows.tell_lost(since, next_try);
        let live = self.clone();
        let retry = move || {
            live.is_retrying.set(false);
            // A second failure may have reasons that only the page knows: the session's end, another build.
            if live.is_behind.get() || failures > 0 {
                live.is_behind.set(true);
                live.refresh_soon(Duration::ZERO);
            } else {
                live.reconnect();
            }
        };
        set_timeout(retry, Duration::from_millis(delay.unsigned_abs()));
    }

    /// Says since when the page isn't live, and when it tries again.
    pub(super) fn show_gap(&self, since: Timestamp, next_try: Option<Timestamp>) {
        let since = self.lost_since.get().unwrap_or(since);
        self.lost_since.set(Some(since));
        self.set_state(State::Lost);
        let times = [("since", Some(since)), ("next", next_try)];
        for (name, at) in times.into_iter().filter_map(|(name, at)| Some((name, at?))) {
            if let Some(time) = first(&format!("#gap [data-gap={name}]")) {
                set(&time, "datetime", &at.rfc3339());
                write(&time, &at.clock_seconds());
            }
        }
        by_id("gap").inspect(|gap| toggle(gap, "hidden", false));
    }

    pub(super) fn close_gap(&self) {
        if self.lost_since.take().is_some() {
            by_id("gap").inspect(|gap| toggle(gap, "hidden", true));
        }
    }

    pub(super) fn set_state(&self, state: State) {
        let word = match state {
            State::Waiting => "waiting",
            State::Live => "live",
            State::Paused => "paused",
            State::Lost => "lost",
        };
        by_id("live-state").inspect(|shown| show_state(shown, word));
    }
}
