//! Plain handlers: health, events, the audit export, violation reports, the built site and error pages.

pub mod assets;
pub mod error_page;
pub mod events;
pub mod export;
pub mod health;
pub mod reports;
