//! Plain handlers: health, events, exports, violation reports, the built site and error pages.

mod csv_file;
pub mod error_page;
pub mod events;
pub mod export;
pub mod files;
pub mod health;
pub mod reports;
pub mod streams_export;
