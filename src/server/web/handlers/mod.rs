//! Plain handlers: health, events, exports, company sign-in, violation reports, the built site and error pages.

mod csv_file;
pub mod error_page;
pub mod events;
pub mod export;
pub mod files;
pub mod health;
pub mod oidc;
pub mod reports;
pub mod streams_export;
