//! The state of a page's live updates.

use std::cell::{Cell, RefCell};

use leptos::prelude::*;

use super::{parts::Shown, windows::Windows};
use crate::{
    islands::dom::{by_id, data},
    model::time::Timestamp,
};

/// Whether the page is live, as its bar says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Connecting.
    Waiting,
    /// Something has arrived, and not long ago.
    Live,
    /// By the button, or because the page has stopped for good.
    Paused,
    /// The page isn't live, and says since when.
    Lost,
}

/// The live state of the page. It lives as long as the page.
pub struct LiveState {
    /// When the server rendered the page, by its own clock.
    pub made_at: Timestamp,
    /// The build of this browser half.
    pub version: String,
    /// Ties the page to its session.
    pub tag: RefCell<String>,
    /// What the page shows includes everything up to this revision.
    pub rev: Cell<i64>,
    pub is_visible: Cell<bool>,
    pub is_paused: Cell<bool>,
    /// Signed out or outdated: nothing updates any more.
    pub is_over: Cell<bool>,
    /// When something last arrived over the connection that is open.
    pub heard_at: Cell<Option<Timestamp>>,
    /// Since when this window waits for a first sign of a connection, its own or another window's.
    pub listening_since: Cell<Option<Timestamp>>,
    /// Since when the page isn't live.
    pub lost_since: Cell<Option<Timestamp>>,
    /// The page missed something and must be fetched again.
    pub is_behind: Cell<bool>,
    pub failures: Cell<u32>,
    pub is_retrying: Cell<bool>,
    pub is_refresh_due: Cell<bool>,
    pub windows: Windows,
    pub shown: RefCell<Shown>,
}

impl LiveState {
    /// Reads what the bar says about the page; `None` on a page without a bar.
    pub fn of_page() -> Option<Self> {
        let bar = by_id("bar")?;
        let (version, tag) = (data(&bar, "data-version"), data(&bar, "data-as"));
        Some(Self {
            made_at: parse_time(&data(&bar, "data-made-at"))?,
            windows: Windows::new(&tag, &version),
            version,
            tag: RefCell::new(tag),
            rev: Cell::new(0),
            is_visible: Cell::new(true),
            is_paused: Cell::new(false),
            is_over: Cell::new(false),
            heard_at: Cell::new(None),
            listening_since: Cell::new(None),
            lost_since: Cell::new(None),
            is_behind: Cell::new(false),
            failures: Cell::new(0),
            is_retrying: Cell::new(false),
            is_refresh_due: Cell::new(false),
            shown: RefCell::default(),
        })
    }

    /// Returns the server's time, as far as the browser can tell.
    pub fn time(&self) -> Timestamp {
        self.made_at.plus_millis(page_age())
    }

    /// Notes that nothing has arrived yet over the connection that this window waits for `since` then; `None` without
    /// one.
    pub fn deafen(&self, since: Option<Timestamp>) {
        self.heard_at.set(None);
        self.listening_since.set(since);
    }

    /// Returns whether the page wants events now.
    pub fn is_wanted(&self) -> bool {
        self.is_visible.get() && !self.is_paused.get() && !self.is_over.get() && !is_stopped()
    }
}

/// Returns whether the boot script has stopped the page, because an island panicked.
pub fn is_stopped() -> bool {
    document().document_element().is_some_and(|root| root.has_attribute("data-stopped"))
}

/// Reads a time of the server, in RFC 3339.
pub fn parse_time(text: &str) -> Option<Timestamp> {
    let millis = js_sys::Date::parse(text);
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a date")]
    millis.is_finite().then(|| Timestamp::from_millis(millis as i64))
}

/// Returns the milliseconds since this page was requested. Uses the time of day, because a browser's monotonic clock
/// stops while the machine sleeps.
fn page_age() -> i64 {
    let asked_at = window().performance().map_or_else(js_sys::Date::now, |performance| performance.time_origin());
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a page's life")]
    let age = (js_sys::Date::now() - asked_at) as i64;
    age.max(0)
}
