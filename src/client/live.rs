//! What has moved since the page was made. One event source while the tab is visible and not paused; frames are laid
//! over what the server rendered, by `rev`, so that an older state never covers a newer one.

use std::{collections::HashMap, time::Duration};

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventSource, MessageEvent};

use super::{own_address, page_age, say_alive};
use crate::{
    api,
    error::AppError,
    model::{
        inventory::{ROW_IS_FRESH_MS, StreamRow, TargetHealth},
        stream::StreamId,
        time::{SECOND_MS, Timestamp},
    },
    view::{
        change_card::ChangeCard,
        change_state::{self, Tone},
        pages::{EventFrame, Frame, SignedIn},
    },
};

/// A connection that said nothing for this long is dead: the server sends a heartbeat every 15 s.
const SILENT_AFTER_MS: i64 = 40 * SECOND_MS;
/// From a failure to the first attempt. Each further failure doubles it.
const FIRST_RETRY_MS: u32 = 2_000;
const LONGEST_RETRY_MS: u32 = 30_000;
/// An answer that takes longer doesn't come.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// How the page hears of news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// Not hydrated yet, hidden, or connecting.
    Waiting,
    /// The server has said something, and not long ago.
    Live,
    Paused,
    /// The page isn't live; [`Live::gap`] says since when.
    Lost,
}

/// The page isn't live since then, and tries again at this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    pub since: Timestamp,
    pub next_try: Timestamp,
}

/// The live state of the page. Cheap to copy; every component takes it from the context.
#[derive(Debug, Clone, Copy)]
pub struct Live {
    /// The server's time, ticking on in the browser: ages count to here.
    pub now: RwSignal<Timestamp>,
    pub user: StoredValue<Option<SignedIn>>,
    pub targets: RwSignal<Vec<TargetHealth>>,
    pub connection: RwSignal<Connection>,
    pub gap: RwSignal<Option<Gap>>,
    /// Set once wasm has taken the page over: what works only then shows itself.
    pub is_hydrated: RwSignal<bool>,
    pub is_paused: RwSignal<bool>,
    /// What the status region says, with a link to the change.
    pub announcement: RwSignal<Option<Announcement>>,
    /// Rises when a page's own list may have to be asked for again: 0 is what the server rendered.
    pub refresh: RwSignal<u32>,
    /// The rows that the page shows, as the server is told; `None` until the page is there.
    view: RwSignal<Option<String>>,
    rows: RwSignal<HashMap<StreamId, StreamRow>>,
    /// Rises when a row shows something else than before; when AWS said it does not count.
    moved: RwSignal<u32>,
    changes: RwSignal<HashMap<String, ChangeCard>>,
    rev: StoredValue<i64>,
    attempt: RwSignal<u32>,
    /// The time at which the server made the page, by its own clock.
    made_at: Timestamp,
    /// Which build of the browser half this is.
    version: StoredValue<String>,
    /// When the open connection last said something, or was opened; `None` without one.
    heard_at: StoredValue<Option<Timestamp>>,
    /// It has said something.
    has_spoken: StoredValue<bool>,
    /// Failures in a row, and whether another attempt is on its way.
    failures: StoredValue<u32>,
    is_retrying: StoredValue<bool>,
    /// How often everything was asked for anew.
    restarts: StoredValue<u32>,
    /// The page missed something, and its data hasn't come since.
    is_behind: StoredValue<bool>,
    /// The page asks for its data again when it missed something.
    asks_again: StoredValue<bool>,
    is_asking_soon: StoredValue<bool>,
    /// The value of `refresh` with which the server was last asked.
    asked_with: StoredValue<u32>,
}

/// One sentence for the status region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Announcement {
    pub text: String,
    /// Where its link leads, and what that says; without an address there is none.
    pub href: String,
    pub link: &'static str,
    /// The link leads to a page that is loaded whole.
    pub is_external: bool,
    pub tone: Tone,
    /// The change that can be taken back from here.
    pub undo: Option<ChangeCard>,
}

impl Live {
    /// The state of a page as the server rendered it.
    pub fn new(frame: &Frame) -> Self {
        Self {
            now: RwSignal::new(frame.now),
            user: StoredValue::new(frame.user.clone()),
            view: RwSignal::new(None),
            targets: RwSignal::new(frame.targets.clone()),
            connection: RwSignal::new(Connection::Waiting),
            gap: RwSignal::new(None),
            is_hydrated: RwSignal::new(false),
            is_paused: RwSignal::new(false),
            announcement: RwSignal::new(None),
            refresh: RwSignal::new(0),
            rows: RwSignal::new(HashMap::new()),
            moved: RwSignal::new(0),
            changes: RwSignal::new(HashMap::new()),
            rev: StoredValue::new(frame.rev),
            attempt: RwSignal::new(0),
            made_at: frame.now,
            version: StoredValue::new(frame.version.clone()),
            heard_at: StoredValue::new(None),
            has_spoken: StoredValue::new(false),
            failures: StoredValue::new(0),
            is_retrying: StoredValue::new(false),
            restarts: StoredValue::new(0),
            is_behind: StoredValue::new(false),
            asks_again: StoredValue::new(false),
            is_asking_soon: StoredValue::new(false),
            asked_with: StoredValue::new(0),
        }
    }

    /// Whether the signed-in person may ask for changes.
    pub fn may_change(self) -> bool {
        self.user.with_value(|user| user.as_ref().is_some_and(|user| user.may_change))
    }

    /// A row as it is now: what the server rendered, or the newer one that came since.
    pub fn newest(self, rendered: &StreamRow) -> StreamRow {
        let newer = self.rows.with(|rows| rows.get(&rendered.id).filter(|row| row.rev >= rendered.rev).cloned());
        newer.unwrap_or_else(|| rendered.clone())
    }

    /// Follows what rows show; their ages follow for themselves.
    pub fn follow_rows(self) {
        self.moved.track();
    }

    /// Takes in the rows of a page as the server rendered them: what comes later is held against these.
    pub fn rendered(self, rendered: &[StreamRow]) {
        // Nothing comes later where pages are rendered.
        if cfg!(feature = "ssr") {
            return;
        }
        self.rows.update_untracked(|rows| {
            for row in rendered {
                // Of the same commit, what was rendered now is the later one: the server's memory goes on where its
                // database is down.
                if rows.get(&row.id).is_none_or(|known| known.rev <= row.rev) {
                    rows.insert(row.id.clone(), row.clone());
                }
            }
        });
    }

    /// When AWS last reported a stream, as far as this page has heard; followed.
    pub fn read_at(self, stream: &StreamId) -> Option<Timestamp> {
        self.rows.with(|rows| rows.get(stream)?.read_at)
    }

    /// [`Live::newest`], followed.
    pub fn row(self, rendered: StreamRow) -> Memo<StreamRow> {
        Memo::new(move |_| self.newest(&rendered))
    }

    /// A change as it is now.
    pub fn change(self, rendered: ChangeCard) -> Memo<ChangeCard> {
        Memo::new(move |_| {
            let newer = self
                .changes
                .with(|changes| changes.get(&rendered.id).filter(|change| change.rev >= rendered.rev).cloned());
            newer.unwrap_or_else(|| rendered.clone())
        })
    }

    /// When AWS last gave the status of a stream that is shown, as far as this page has heard; followed.
    pub fn status_at(self, stream: &StreamId) -> Option<Timestamp> {
        self.rows.with(|rows| rows.get(stream)?.status.as_ref().map(|status| status.at))
    }

    /// How old a state of a stream may be before it is "last known".
    pub fn stale_after(self, stream: &StreamId) -> i64 {
        self.targets.with(|targets| {
            let target =
                targets.iter().find(|target| target.account == stream.account && target.region == stream.region);
            target.map_or(3 * ROW_IS_FRESH_MS, |target| target.stale_after_ms)
        })
    }

    /// Tells the server which rows the page shows, from the next connection on: these are read first, and only these
    /// come with their news.
    pub fn look_at(self, rows: String) {
        if self.view.with_untracked(|view| view.as_ref() != Some(&rows)) {
            self.view.set(Some(rows));
        }
    }

    /// Whether a question to the server is the page's own refresh: `refresh` has risen since the last one. Otherwise
    /// the address changed, which is a person's act.
    pub fn is_own_refresh(self, refresh: u32) -> bool {
        let is_own = self.asked_with.get_value() != refresh;
        self.asked_with.set_value(refresh);
        is_own
    }

    /// Starts the clock and, for somebody who is signed in, the event source. Effects run in the browser only.
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
            // Both last as long as the page, which is left only by loading another one.
            let _ = window_event_listener_untyped("visibilitychange", move |_| look());
        });
        if self.user.with_value(Option::is_none) {
            return;
        }
        // The effect's own value holds the source: it closes when the effect runs again or the page goes. Nothing of
        // the browser is made on the server, where the parts of a page move between threads.
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

    /// Takes a frame in.
    fn take(self, frame: EventFrame) {
        self.announce(&frame.changes);
        self.rev.update_value(|rev| *rev = (*rev).max(frame.rev));
        if !frame.targets.is_empty() {
            self.targets.set(frame.targets);
        }
        let is_news = frame.is_list_moved || !frame.changes.is_empty();
        if !frame.streams.is_empty() {
            let mut has_moved = false;
            self.rows.update(|rows| {
                for row in frame.streams {
                    let known = rows.get(&row.id);
                    if known.is_none_or(|known| known.rev <= row.rev) {
                        // Tags are in a page that shows them only, and come with its next list.
                        let is_same = |known: &StreamRow| {
                            row.is_same_but_for_times(&StreamRow { tags: row.tags.clone(), ..known.clone() })
                        };
                        has_moved |= !known.is_some_and(is_same);
                        rows.insert(row.id.clone(), row);
                    }
                }
            });
            if has_moved {
                self.moved.update(|count| *count += 1);
            }
        }
        if !frame.changes.is_empty() {
            self.changes.update(|changes| {
                for change in frame.changes {
                    if changes.get(&change.id).is_none_or(|known| known.rev <= change.rev) {
                        changes.insert(change.id.clone(), change);
                    }
                }
            });
        }
        if is_news {
            self.ask_again_soon();
        }
    }

    /// Rows in view are moved by their frames at once; counts, order and rows that come or go follow with one question
    /// to the server, at most every second and a half.
    fn ask_again_soon(self) {
        if self.is_asking_soon.get_value() {
            return;
        }
        self.is_asking_soon.set_value(true);
        let ask = move || {
            self.is_asking_soon.try_set_value(false);
            self.refresh.try_update(|count| *count += 1);
        };
        set_timeout(ask, Duration::from_millis(1_500));
    }

    /// What the switch in the bar does.
    pub fn pause_or_resume(self) {
        self.is_paused.update(|is_paused| *is_paused = !*is_paused);
        if self.is_behind.get_value() {
            self.lose(self.time(), true);
        }
    }

    /// The server's time, as far as the browser can tell.
    fn time(self) -> Timestamp {
        self.made_at.plus_millis(page_age())
    }

    /// The connection has said something: the page is live, unless its data is still missing.
    fn heard(self) {
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

    /// Ends a connection that has said nothing for too long: something in between may have stopped forwarding.
    fn end_silence(self) {
        let silent_since = self.heard_at.get_value().filter(|at| self.time().millis_since(*at) > SILENT_AFTER_MS);
        if let Some(since) = silent_since {
            self.heard_at.set_value(None);
            self.lose(since, true);
        }
    }

    /// The page isn't live since then: keeps what is shown, says so and tries again. `is_reload` asks for everything
    /// anew instead of what came since.
    fn lose(self, since: Timestamp, is_reload: bool) {
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
        // Up to a quarter more, so that not all tabs come back at once.
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

    /// Starts over after missing something: the page's data is asked for again.
    async fn start_over(self) {
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

    fn take_up(self, frame: Result<Frame, AppError>) {
        match frame {
            Ok(frame) if frame.user.is_some() && frame.version != self.version.get_value() => self.end_outdated(),
            Ok(frame) if frame.user.is_some() => {
                if self.user.with_value(|user| *user != frame.user) {
                    self.say("What you may do here has changed.", own_address(), "Reload");
                }
                // Older than what is shown: the database was restored, and its numbers mean something else.
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

    /// Whether the page that is shown asks for its data again when something moved.
    pub fn set_asks_again(self, asks_again: bool) {
        self.asks_again.set_value(asks_again);
    }

    /// The page's data has come.
    pub fn refreshed(self) {
        if self.is_behind.get_value() {
            self.is_behind.set_value(false);
            if self.has_spoken.get_value() && self.heard_at.get_value().is_some() {
                self.heard();
            }
        }
    }

    /// A page has asked for its data again in vain. Returns whether what it shows stays, rather than giving way to the
    /// error: it does unless the server has answered that there is nothing to show.
    pub fn refresh_failed(self, error: &AppError) -> bool {
        match error {
            AppError::NotFound | AppError::NotPermitted => return false,
            AppError::SignedOut => self.end_signed_out(),
            AppError::Outdated => self.end_outdated(),
            _ => self.lose(self.time(), true),
        }
        true
    }

    fn end_signed_out(self) {
        self.say("Signed out. This page has stopped updating.", "/sign-in".to_owned(), "Sign in");
        self.is_paused.set(true);
    }

    /// The server serves another build of this page: it may no longer understand what it is told.
    fn end_outdated(self) {
        self.say("Keystream was updated. This page is outdated and has stopped updating.", own_address(), "Reload");
        self.is_paused.set(true);
    }

    fn say(self, text: &str, href: String, link: &'static str) {
        self.announcement.set(Some(Announcement {
            text: text.to_owned(),
            href,
            link,
            is_external: true,
            tone: Tone::Attention,
            undo: None,
        }));
    }

    /// Says in the status region what moved of the person's own changes, all in one sentence.
    fn announce(self, moved: &[ChangeCard]) {
        let own = self.user.with_value(|user| user.as_ref().map(|user| user.name.clone()));
        let known = self.changes.get_untracked();
        let known_rev = self.rev.get_value();
        let news: Vec<&ChangeCard> = moved
            .iter()
            .filter(|change| Some(&change.actor) == own.as_ref())
            // What the page was made with is not news.
            .filter(|change| change.rev > known_rev)
            .filter(|change| known.get(&change.id).is_none_or(|before| before.standing != change.standing))
            .collect();
        if let Some(last) = news.last() {
            let parts: Vec<String> =
                news.iter().map(|change| format!("{}: {}", change.arn.name, change.standing)).collect();
            let undo = Some(last).filter(|last| last.can_be_undone && self.may_change()).map(|last| (*last).clone());
            let text = parts.join(" \u{b7} ");
            let (href, tone) = (last.path(), change_state::tone(last.state));
            self.announcement.set(Some(Announcement {
                text,
                href,
                link: "See the change",
                is_external: false,
                tone,
                undo,
            }));
        }
    }
}

/// An open event source; closes when dropped.
struct Source {
    source: EventSource,
    live: Live,
    /// Held as long as the source may call them.
    _listeners: [Closure<dyn FnMut(MessageEvent)>; 4],
}

impl Source {
    /// Opens `/events` after what the page knows; `None` where the browser has no event sources.
    fn open(live: Live, view: &str) -> Option<Self> {
        let source = EventSource::new(&format!("/events?after={}&rows={view}", live.rev.get_value())).ok()?;
        live.heard_at.set_value(Some(live.time()));
        live.has_spoken.set_value(false);
        let heartbeat =
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| match event.data().as_string() {
                Some(version) if live.version.with_value(|own| *own != version) => live.end_outdated(),
                _ => live.heard(),
            });
        let frame = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            match event.data().as_string().as_deref().map(api::wire::read) {
                Some(Ok(frame)) => {
                    live.heard();
                    live.take(frame);
                }
                _ => live.end_outdated(),
            }
        });
        let closing = source.clone();
        let reset = Closure::<dyn FnMut(MessageEvent)>::new(move |_| {
            closing.close();
            live.heard_at.set_value(None);
            live.lose(live.time(), true);
        });
        let failing = source.clone();
        let failed = Closure::<dyn FnMut(MessageEvent)>::new(move |_| {
            // The browser would try again by itself after a break, but wouldn't say when.
            let is_refused = failing.ready_state() == EventSource::CLOSED;
            failing.close();
            live.heard_at.set_value(None);
            live.lose(live.time(), is_refused);
        });
        for (name, listener) in [("heartbeat", &heartbeat), ("frame", &frame), ("reset", &reset), ("error", &failed)] {
            source.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref()).ok()?;
        }
        Some(Self { source, live, _listeners: [heartbeat, frame, reset, failed] })
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.source.close();
        self.live.heard_at.try_set_value(None);
    }
}
