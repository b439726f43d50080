//! The plain types and rules of Keystream, for the server and the browser alike.
//! Nothing here knows Leptos, axum, SQL or the AWS SDK; most unit and property tests live beside these types.

pub mod access;
pub mod change;
pub mod forms;
pub mod inventory;
pub mod keys;
pub mod list;
pub mod stream;
pub mod time;
