//! What only a browser can do: the event source, the ticking clock, navigation to another page. The server may call all
//! of it while it renders pages; there it does nothing.

mod browser;
pub mod live;

pub use browser::{copy, form_pairs, forms_follow, go_to, is_open_now, is_plain_click};
