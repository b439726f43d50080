//! Plain handlers: health, metrics, events, violation reports, the built site, and the pages that refuse.

pub mod assets;
pub mod error_page;
pub mod events;
pub mod export;
pub mod health;
pub mod reports;
