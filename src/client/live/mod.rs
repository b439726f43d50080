//! What has moved since the page was made. One event source while the tab is visible and not paused; frames are laid
//! over what the server rendered, by `rev`, so that an older state never covers a newer one.

mod connection;
mod frames;
mod source;
mod start;
mod state;

pub use self::state::{Announcement, Connection, Gap, Live};
