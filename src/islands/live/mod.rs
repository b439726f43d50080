//! Live updates of a page: parts that events bring, the page's own refresh, ages that count, and the words for whether
//! all of that works. One window of a browser holds the event connection for all of them (`sharing`).

mod address;
mod ages;
mod connection;
mod page;
mod parts;
mod sharing;
mod source;
mod start;
mod state;
mod windows;

pub use self::parts::{announce_recorded, elements_of, say as say_on_page};

use leptos::prelude::*;

/// Keeps the page up to date.
#[island]
pub fn LiveUpdates() -> impl IntoView {
    super::anchored(start::start)
}
