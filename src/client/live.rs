//! What has moved since the page was made. One event source while the tab is visible and not paused; frames are laid over
//! what the server rendered, by `rev`, so that an older state never covers a newer one.

use std::{collections::HashMap, time::Duration};

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventSource, MessageEvent};

use crate::{
    api,
    error::AppError,
    model::{
        change_card::ChangeCard,
        inventory::{ROW_IS_FRESH_MS, StreamRow, TargetHealth},
        pages::{EventFrame, Frame, SignedIn},
        stream::StreamKey,
        timestamp::Timestamp,
    },
};

/// Between a broken connection and the next attempt.
const RECONNECT_AFTER: Duration = Duration::from_secs(2);

/// How the page hears of news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// Not hydrated yet, hidden, or connecting.
    Waiting,
    Live,
    Paused,
    /// The connection broke; it is tried again.
    Lost,
}

/// The live state of the page. Cheap to copy; every component takes it from the context.
#[derive(Debug, Clone, Copy)]
pub struct Live {
    /// The server's time, ticking on in the browser: ages count to here.
    pub now: RwSignal<Timestamp>,
    pub user: StoredValue<Option<SignedIn>>,
    pub targets: RwSignal<Vec<TargetHealth>>,
    pub connection: RwSignal<Connection>,
    /// Set once wasm has taken the page over: what works only then shows itself.
    pub is_hydrated: RwSignal<bool>,
    pub is_paused: RwSignal<bool>,
    /// What the status region says, with a link to the change.
    pub announcement: RwSignal<Option<Announcement>>,
    /// Rises when a page's own list may have to be asked for again: 0 is what the server rendered.
    pub refresh: RwSignal<u32>,
    /// The rows that the page shows, as the server is told; `None` until the page is there.
    view: RwSignal<Option<String>>,
    rows: RwSignal<HashMap<StreamKey, StreamRow>>,
    /// Rises when a row shows something else than before; when AWS said it does not count.
    moved: RwSignal<u32>,
    changes: RwSignal<HashMap<String, ChangeCard>>,
    rev: StoredValue<i64>,
    attempt: RwSignal<u32>,
    is_asking_soon: StoredValue<bool>,
    /// The value of `refresh` with which the server was last asked.
    asked_with: StoredValue<u32>,
}

/// One sentence for the status region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Announcement {
    pub text: String,
    /// Empty for a sentence without a link.
    pub href: String,
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
            is_hydrated: RwSignal::new(false),
            is_paused: RwSignal::new(false),
            announcement: RwSignal::new(None),
            refresh: RwSignal::new(0),
            rows: RwSignal::new(HashMap::new()),
            moved: RwSignal::new(0),
            changes: RwSignal::new(HashMap::new()),
            rev: StoredValue::new(frame.rev),
            attempt: RwSignal::new(0),
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
        let newer = self.rows.with(|rows| rows.get(&rendered.key).filter(|row| row.rev >= rendered.rev).cloned());
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
                // Of the same commit, what was rendered now is the later one: the server's memory goes on where its database is down.
                if rows.get(&row.key).is_none_or(|known| known.rev <= row.rev) {
                    rows.insert(row.key.clone(), row.clone());
                }
            }
        });
    }

    /// When AWS last reported a stream, as far as this page has heard; followed.
    pub fn read_at(self, stream: &StreamKey) -> Option<Timestamp> {
        self.rows.with(|rows| rows.get(stream)?.read_at)
    }

    /// [`Live::newest`], followed.
    pub fn row(self, rendered: StreamRow) -> Memo<StreamRow> {
        Memo::new(move |_| self.newest(&rendered))
    }

    /// A change as it is now.
    pub fn change(self, rendered: ChangeCard) -> Memo<ChangeCard> {
        Memo::new(move |_| {
            let newer = self.changes.with(|changes| changes.get(&rendered.id).filter(|change| change.rev >= rendered.rev).cloned());
            newer.unwrap_or_else(|| rendered.clone())
        })
    }

    /// When AWS last gave the status of a stream that is shown, as far as this page has heard; followed.
    pub fn status_at(self, stream: &StreamKey) -> Option<Timestamp> {
        self.rows.with(|rows| rows.get(stream)?.status.as_ref().map(|status| status.at))
    }

    /// How old a state of a stream may be before it is "last known".
    pub fn stale_after(self, stream: &StreamKey) -> i64 {
        self.targets.with(|targets| {
            let target = targets.iter().find(|target| target.account == stream.account && target.region == stream.region);
            target.map_or(3 * ROW_IS_FRESH_MS, |target| target.stale_after_ms)
        })
    }

    /// Tells the server which rows the page shows, from the next connection on: these are read first, and only these come
    /// with their news.
    pub fn look_at(self, rows: String) {
        if self.view.with_untracked(|view| view.as_ref() != Some(&rows)) {
            self.view.set(Some(rows));
        }
    }

    /// Whether a question to the server is the page's own refresh: `refresh` has risen since the last one. Otherwise the
    /// address changed, which is a person's act.
    pub fn is_own_refresh(self, refresh: u32) -> bool {
        let is_own = self.asked_with.get_value() != refresh;
        self.asked_with.set_value(refresh);
        is_own
    }

    /// Starts the clock and, for somebody who is signed in, the event source. Effects run in the browser only.
    pub fn start(self) {
        let rendered_at = self.now.get_untracked().as_millis();
        let is_visible = RwSignal::new(true);
        Effect::new(move |_| {
            self.is_hydrated.set(true);
            let hydrated_at = js_sys::Date::now();
            let tick = move || {
                #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a page's life")]
                let passed = (js_sys::Date::now() - hydrated_at) as i64;
                self.now.set(Timestamp::from_millis(rendered_at.saturating_add(passed)));
            };
            set_interval(tick, Duration::from_secs(1));
            let look = move || is_visible.set(document().visibility_state() == web_sys::VisibilityState::Visible);
            look();
            // Both last as long as the page, which is left only by loading another one.
            let _ = window_event_listener_untyped("visibilitychange", move |_| look());
        });
        if self.user.with_value(Option::is_none) {
            return;
        }
        // The effect's own value holds the source: it closes when the effect runs again or the page goes. Nothing of the
        // browser is made on the server, where the parts of a page move between threads.
        Effect::new(move |former: Option<Option<Source>>| {
            drop(former);
            self.attempt.track();
            let view = self.view.get();
            let is_wanted = self.is_hydrated.get() && is_visible.get() && !self.is_paused.get();
            self.connection.set(if self.is_paused.get_untracked() { Connection::Paused } else { Connection::Waiting });
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
                    let known = rows.get(&row.key);
                    if known.is_none_or(|known| known.rev <= row.rev) {
                        // Tags are in a page that shows them only, and come with its next list.
                        let is_same = |known: &StreamRow| row.is_same_but_for_times(&StreamRow { tags: row.tags.clone(), ..known.clone() });
                        has_moved |= !known.is_some_and(is_same);
                        rows.insert(row.key.clone(), row);
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

    /// Opens the event source anew after a pause.
    fn reconnect_soon(self) {
        self.connection.set(Connection::Lost);
        let reconnect = move || {
            spawn_local(async move {
                self.start_over().await;
                self.attempt.try_update(|attempt| *attempt += 1);
            });
        };
        set_timeout(reconnect, RECONNECT_AFTER);
    }

    /// Starts over after missing something: the page's data is asked for again.
    async fn start_over(self) {
        match api::session::load_frame().await {
            Ok(frame) if frame.user.is_some() => {
                if self.user.with_value(|user| *user != frame.user) {
                    let text = "What you may do here has changed. Reload the page.".to_owned();
                    self.announcement.set(Some(Announcement { text, ..Announcement::default() }));
                }
                self.rev.set_value(frame.rev);
                self.now.set(frame.now);
                self.targets.set(frame.targets);
                self.rows.update(HashMap::clear);
                self.moved.update(|count| *count += 1);
                self.changes.update(HashMap::clear);
                self.refresh.update(|count| *count += 1);
            }
            Ok(_) | Err(AppError::SignedOut) => {
                let text = "You are signed out. What you see is no longer kept up to date.".to_owned();
                self.announcement.set(Some(Announcement { text, href: "/sign-in".to_owned(), undo: None }));
                self.is_paused.set(true);
            }
            Err(_) => {}
        }
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
            let parts: Vec<String> = news.iter().map(|change| format!("{}: {}", change.arn.name, change.standing)).collect();
            let undo = Some(last).filter(|last| last.can_be_undone && self.may_change()).map(|last| (*last).clone());
            self.announcement.set(Some(Announcement { text: parts.join(" \u{b7} "), href: last.path(), undo }));
        }
    }
}

/// An open event source; closes when dropped.
struct Source {
    source: EventSource,
    /// Held as long as the source may call them.
    _listeners: [Closure<dyn FnMut(MessageEvent)>; 4],
}

impl Source {
    /// Opens `/events` after what the page knows; `None` where the browser has no event sources.
    fn open(live: Live, view: &str) -> Option<Self> {
        let source = EventSource::new(&format!("/events?after={}&rows={view}", live.rev.get_value())).ok()?;
        let opened = Closure::<dyn FnMut(MessageEvent)>::new(move |_| live.connection.set(Connection::Live));
        let frame = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            match event.data().as_string().as_deref().map(api::wire::read) {
                Some(Ok(frame)) => live.take(frame),
                // A frame of another version: the page is outdated.
                _ => {
                    live.announcement
                        .set(Some(Announcement { text: "This page is outdated. Reload it.".to_owned(), ..Announcement::default() }));
                }
            }
        });
        let closing = source.clone();
        let reset = Closure::<dyn FnMut(MessageEvent)>::new(move |_| {
            closing.close();
            live.reconnect_soon();
        });
        let failing = source.clone();
        let failed = Closure::<dyn FnMut(MessageEvent)>::new(move |_| {
            // While it is not closed, the browser tries again by itself.
            if failing.ready_state() == EventSource::CLOSED {
                live.reconnect_soon();
            } else {
                live.connection.set(Connection::Lost);
            }
        });
        for (name, listener) in [("open", &opened), ("frame", &frame), ("reset", &reset), ("error", &failed)] {
            source.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref()).ok()?;
        }
        Some(Self { source, _listeners: [opened, frame, reset, failed] })
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.source.close();
    }
}
