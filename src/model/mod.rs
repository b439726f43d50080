//! The plain types and rules of Keystream, for the server and the browser alike.
//!
//! Nothing here knows Leptos, axum, SQL or the AWS SDK. Most unit and property tests are next to these types.

pub mod access;
pub mod change;
pub mod day;
pub mod forms;
pub mod inventory;
pub mod keys;
pub mod list;
pub mod loopback;
pub mod shorten;
pub mod stream;
pub mod time;
pub mod trace_parent;
