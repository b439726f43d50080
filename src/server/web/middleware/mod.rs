//! What stands in front of every handler. The order is in [`super::router`]; here is one file per concern.

pub mod authorize;
pub mod client_address;
pub mod forms;
pub mod headers;
pub mod host;
pub mod limits;
pub mod origin;
pub mod request_id;
pub mod session;
