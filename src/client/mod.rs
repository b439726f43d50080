//! What only a browser does: the event source, the ticking clock, leaving for another page. Safe to name while pages
//! are rendered on the server, where all of it does nothing.

mod browser;
pub mod live;

pub use browser::{copy, form_pairs, forms_follow, go_to, is_open_now, is_plain_click};
