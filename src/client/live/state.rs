//! The live state of a page: what the server rendered, and what has arrived since.

use std::collections::HashMap;

use leptos::prelude::*;

use crate::{
    model::{
        inventory::{ROW_IS_FRESH_MS, StreamRow, TargetHealth},
        stream::StreamId,
        time::Timestamp,
    },
    view::{
        change_card::ChangeCard,
        change_state::Tone,
        pages::{Frame, SignedIn},
    },
};

/// The state of the event connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// Not hydrated yet, hidden, or connecting.
    Waiting,
    /// Something has arrived, and not long ago.
    Live,
    Paused,
    /// The page isn't live; [`Live::gap`] says since when.
    Lost,
}

/// Since when the page isn't live, and when it retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    pub since: Timestamp,
    pub next_try: Timestamp,
}

/// The live state of the page. Cheap to copy; every component takes it from the context.
#[derive(Debug, Clone, Copy)]
pub struct Live {
    /// The server's time, which keeps ticking in the browser. Ages count up to it.
    pub now: RwSignal<Timestamp>,
    pub user: StoredValue<Option<SignedIn>>,
    pub targets: RwSignal<Vec<TargetHealth>>,
    pub connection: RwSignal<Connection>,
    pub gap: RwSignal<Option<Gap>>,
    /// Whether wasm has taken over the page: what needs wasm is shown only then.
    pub is_hydrated: RwSignal<bool>,
    pub is_paused: RwSignal<bool>,
    /// The text of the status region, with a link to the change.
    pub announcement: RwSignal<Option<Announcement>>,
    /// Incremented when a page's own list may have to be reloaded; 0 is what the server rendered.
    pub refresh: RwSignal<u32>,
    /// The rows that the page shows, as sent to the server; `None` until the page is there.
    pub(super) view: RwSignal<Option<String>>,
    pub(super) rows: RwSignal<HashMap<StreamId, StreamRow>>,
    /// Incremented when a row shows something new; a newer time alone doesn't count.
    pub(super) moved: RwSignal<u32>,
    pub(super) changes: RwSignal<HashMap<String, ChangeCard>>,
    pub(super) rev: StoredValue<i64>,
    pub(super) attempt: RwSignal<u32>,
    /// When the server rendered the page, by its own clock.
    pub(super) made_at: Timestamp,
    /// The build of this browser half.
    pub(super) version: StoredValue<String>,
    /// When something last arrived on the open connection, or it was opened; `None` without one.
    pub(super) heard_at: StoredValue<Option<Timestamp>>,
    /// Whether anything has arrived on it.
    pub(super) has_spoken: StoredValue<bool>,
    /// Failures in a row, and whether a retry is scheduled.
    pub(super) failures: StoredValue<u32>,
    pub(super) is_retrying: StoredValue<bool>,
    /// How often everything was requested again.
    pub(super) restarts: StoredValue<u32>,
    /// Whether the page missed something and its data hasn't arrived since.
    pub(super) is_behind: StoredValue<bool>,
    /// Whether the page reloads its data after missing something.
    pub(super) asks_again: StoredValue<bool>,
    pub(super) is_asking_soon: StoredValue<bool>,
    /// The value of `refresh` at the last request.
    pub(super) asked_with: StoredValue<u32>,
}

/// One sentence for the status region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Announcement {
    pub text: String,
    /// The link's address and text; without an address there is no link.
    pub href: String,
    pub link: &'static str,
    /// Whether the link loads its page from scratch.
    pub is_external: bool,
    pub tone: Tone,
    /// The change that can be undone from here.
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

    /// Returns whether the signed-in user may request changes.
    pub fn may_change(self) -> bool {
        self.user.with_value(|user| user.as_ref().is_some_and(|user| user.may_change))
    }

    /// Returns a row as it is now: what the server rendered, or the newer one that came since.
    pub fn newest(self, rendered: &StreamRow) -> StreamRow {
        let newer = self.rows.with(|rows| rows.get(&rendered.id).filter(|row| row.rev >= rendered.rev).cloned());
        newer.unwrap_or_else(|| rendered.clone())
    }

    /// Subscribes to what rows show except their ages, which subscribe for themselves.
    pub fn follow_rows(self) {
        self.moved.track();
    }

    /// Stores the rows that the server rendered, to compare later ones with.
    pub fn rendered(self, rendered: &[StreamRow]) {
        // Nothing arrives later on the server.
        if cfg!(feature = "ssr") {
            return;
        }
        self.rows.update_untracked(|rows| {
            for row in rendered {
                // With the same revision, the row rendered now is the newer one: the server's memory moves on while its
                // database is down.
                if rows.get(&row.id).is_none_or(|known| known.rev <= row.rev) {
                    rows.insert(row.id.clone(), row.clone());
                }
            }
        });
    }

    /// Returns when AWS last reported a stream, as far as this page knows; reactive.
    pub fn read_at(self, stream: &StreamId) -> Option<Timestamp> {
        self.rows.with(|rows| rows.get(stream)?.read_at)
    }

    /// Returns [`Live::newest`], reactive.
    pub fn row(self, rendered: StreamRow) -> Memo<StreamRow> {
        Memo::new(move |_| self.newest(&rendered))
    }

    /// Returns a change as it is now; reactive.
    pub fn change(self, rendered: ChangeCard) -> Memo<ChangeCard> {
        Memo::new(move |_| {
            let newer = self
                .changes
                .with(|changes| changes.get(&rendered.id).filter(|change| change.rev >= rendered.rev).cloned());
            newer.unwrap_or_else(|| rendered.clone())
        })
    }

    /// Returns when AWS last reported the status of a stream that is shown, as far as this page knows; reactive.
    pub fn status_at(self, stream: &StreamId) -> Option<Timestamp> {
        self.rows.with(|rows| rows.get(stream)?.status.as_ref().map(|status| status.at))
    }

    /// Returns how old a stream's state may be before it counts as "last known".
    pub fn stale_after(self, stream: &StreamId) -> i64 {
        self.targets.with(|targets| {
            let target =
                targets.iter().find(|target| target.account == stream.account && target.region == stream.region);
            target.map_or(3 * ROW_IS_FRESH_MS, |target| target.stale_after_ms)
        })
    }

    /// Tells the server which rows the page shows, from the next connection on: these rows are read first, and only
    /// they are updated.
    pub fn mark_viewed(self, rows: String) {
        if self.view.with_untracked(|view| view.as_ref() != Some(&rows)) {
            self.view.set(Some(rows));
        }
    }

    /// Returns whether a request is the page's own refresh, that is, whether `refresh` has changed since the last one.
    /// Otherwise the address changed, which is an act of the user.
    pub fn is_own_refresh(self, refresh: u32) -> bool {
        let is_own = self.asked_with.get_value() != refresh;
        self.asked_with.set_value(refresh);
        is_own
    }
}
