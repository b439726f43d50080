//! Live updates of a page. One event source is open while the tab is visible and not paused. Its frames replace what
//! the server rendered, by `rev`, so that an older state never replaces a newer one.

mod connection;
mod frames;
mod source;
mod start;
mod state;

pub use self::state::{Announcement, Connection, Gap, Live};
