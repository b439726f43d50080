//! The state of the connection: what happens when it delivers something, falls silent or is lost.

use std::{collections::HashMap, time::Duration};

use leptos::{prelude::*, task::spawn_local};

use super::{
    super::browser::{own_address, page_age},
    state::{Announcement, Connection, Gap, Live},
};
use crate::{
    api,
    error::AppError,
    model::time::{SECOND_MS, Timestamp},
    view::{change_state::Tone, pages::Frame},
};

/// How long a connection may be silent before it counts as dead: the server sends a heartbeat every 15 s.
const SILENT_AFTER_MS: i64 = 40 * SECOND_MS;
/// The delay between a failure and the first retry. Each further failure doubles it.
const FIRST_RETRY_MS: u32 = 2_000;
const LONGEST_RETRY_MS: u32 = 30_000;
/// How long a request may take; without a response by then it has failed.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

impl Live {
    /// Notes that something has arrived: the page is live, unless its data is still missing.
    pub(super) fn heard(self) {
        self.heard_at.set_value(Some(self.time()));
        self.has_spoken.set_value(true);
        if !self.is_behind.get_value() {
            self.failures.set_value(0);
            if self.gap.get_untracked().is_some() || self.connection.get_untracked() != Connection::Live {
                self.gap.set(None);
                self.connection.set(Connection::Live);
            }
        }
    }

    /// Ends a connection that has been silent for too long: something in between may have stopped forwarding.
    pub(super) fn end_silence(self) {
        let silent_since = self.heard_at.get_value().filter(|at| self.time().millis_since(*at) > SILENT_AFTER_MS);
        if let Some(since) = silent_since {
            self.heard_at.set_value(None);
            self.lose(since, true);
        }
    }

    /// Marks the page as not live since `since`: keeps what is shown, says so and retries. With `is_reload` the retry
    /// requests everything again rather than what came since.
    pub(super) fn lose(self, since: Timestamp, is_reload: bool) {
        if self.is_paused.get_untracked() {
            return;
        }
        self.is_behind.update_value(|is_behind| *is_behind |= is_reload);
        self.connection.set(Connection::Lost);
        if self.is_retrying.get_value() {
            return;
        }
        self.is_retrying.set_value(true);
        let failures = self.failures.get_value();
        self.failures.set_value(failures.saturating_add(1));
        // Adds up to a quarter, so that the tabs don't all reconnect at once.
        let delay =
            f64::from((FIRST_RETRY_MS << failures.min(4)).min(LONGEST_RETRY_MS)) * (1.0 + js_sys::Math::random() / 4.0);
        #[expect(clippy::cast_possible_truncation, reason = "some seconds")]
        let delay = delay as i64;
        let since = self.gap.get_untracked().map_or(since, |gap| gap.since);
        self.gap.set(Some(Gap { since, next_try: self.time().plus_millis(delay) }));
        let retry = move || {
            self.is_retrying.try_set_value(false);
            if self.is_paused.get_untracked() {
                return;
            }
            if self.is_behind.get_value() || failures > 0 {
                spawn_local(self.start_over());
            } else {
                self.attempt.try_update(|attempt| *attempt += 1);
            }
        };
        set_timeout(retry, Duration::from_millis(delay.unsigned_abs()));
    }

    /// Starts over after missing something: requests the page's data again.
    pub(super) async fn start_over(self) {
        self.is_behind.set_value(true);
        self.restarts.update_value(|restarts| *restarts = restarts.wrapping_add(1));
        let this = self.restarts.get_value();
        let is_current = move || self.restarts.try_get_value() == Some(this);
        let give_up = move || {
            if is_current() && self.is_behind.get_value() {
                self.restarts.update_value(|restarts| *restarts = restarts.wrapping_add(1));
                self.lose(self.time(), true);
            }
        };
        set_timeout(give_up, ANSWER_WITHIN);
        let frame = api::session::load_frame().await;
        if is_current() {
            self.take_up(frame);
        }
    }

    pub(super) fn take_up(self, frame: Result<Frame, AppError>) {
        match frame {
            Ok(frame) if frame.user.is_some() && frame.version != self.version.get_value() => self.end_outdated(),
            Ok(frame) if frame.user.is_some() => {
                if self.user.with_value(|user| *user != frame.user) {
                    self.say("What you may do here has changed.", own_address(), "Reload");
                }
                // Older than what is shown: the database was restored, and its revisions now mean something else.
                if frame.rev < self.rev.get_value() {
                    self.rows.update(HashMap::clear);
                    self.moved.update(|count| *count += 1);
                    self.changes.update(HashMap::clear);
                }
                self.rev.set_value(frame.rev);
                self.targets.set(frame.targets);
                self.is_behind.set_value(self.asks_again.get_value());
                self.refresh.update(|count| *count += 1);
                self.attempt.update(|attempt| *attempt += 1);
            }
            Ok(_) | Err(AppError::SignedOut) => self.end_signed_out(),
            Err(AppError::Outdated) => self.end_outdated(),
            Err(_) => self.lose(self.time(), true),
        }
    }

    /// Sets whether the page reloads its data when something has changed.
    pub fn set_asks_again(self, asks_again: bool) {
        self.asks_again.set_value(asks_again);
    }

    /// Notes that the page's data has arrived.
    pub fn refreshed(self) {
        if self.is_behind.get_value() {
            self.is_behind.set_value(false);
            if self.has_spoken.get_value() && self.heard_at.get_value().is_some() {
                self.heard();
            }
        }
    }

    /// Handles a failed reload of a page's data. Returns whether the page keeps what it shows rather than the error: it
    /// does, unless the server answered that there is nothing to show.
    pub fn refresh_failed(self, error: &AppError) -> bool {
        match error {
            AppError::NotFound | AppError::NotPermitted => return false,
            AppError::SignedOut => self.end_signed_out(),
            AppError::Outdated => self.end_outdated(),
            _ => self.lose(self.time(), true),
        }
        true
    }

    pub(super) fn end_signed_out(self) {
        self.say("Signed out. This page has stopped updating.", "/sign-in".to_owned(), "Sign in");
        self.is_paused.set(true);
    }

    /// Stops a page whose server now runs another build: the two may no longer understand each other.
    pub(super) fn end_outdated(self) {
        self.say("Keystream was updated. This page is outdated and has stopped updating.", own_address(), "Reload");
        self.is_paused.set(true);
    }

    pub(super) fn say(self, text: &str, href: String, link: &'static str) {
        self.announcement.set(Some(Announcement {
            text: text.to_owned(),
            href,
            link,
            is_external: true,
            tone: Tone::Attention,
            undo: None,
        }));
    }

    /// Returns the server's time, as far as the browser can tell.
    pub(super) fn time(self) -> Timestamp {
        self.made_at.plus_millis(page_age())
    }
}
