//! The middleware in front of every handler, one file per concern. [`super::router`] sets the order.

pub mod authorize;
pub mod body;
pub mod client_address;
pub mod compress;
pub mod forms;
pub mod headers;
pub mod host;
pub mod late_sign_out;
pub mod limits;
pub mod measure;
pub mod origin;
pub mod renewal;
pub mod request_id;
pub mod session;
