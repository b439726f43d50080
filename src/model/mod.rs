//! The plain types and rules of Keystream, for the server and the browser alike.
//! Nothing here knows Leptos, axum, SQL or the AWS SDK; most unit and property tests live beside these types.

pub mod arming;
pub mod audit_query;
pub mod change;
pub mod change_card;
pub mod change_state;
pub mod command_line;
pub mod encryption;
pub mod identity;
pub mod inventory;
pub mod judgement;
pub mod keys;
pub mod list_query;
pub mod needed_keys;
pub mod pace;
pub mod pages;
pub mod preconditions;
pub mod proof;
pub mod quota;
pub mod read_queue;
pub mod reconcile;
pub mod refusal;
pub mod schedule;
pub mod scope;
pub mod sign_in_delay;
pub mod stream;
pub mod timestamp;
pub mod validation;
pub mod wording;
