//! The web layer between requests and services: the router and its middleware, the request context, forms, and
//! handlers.

pub mod chosen_columns;
pub mod context;
pub mod endpoints;
pub mod forms;
pub mod handlers;
pub mod listen;
pub mod middleware;
pub mod request_limits;
pub mod router;
pub mod session_store;
mod shell;
pub mod state;
pub mod trusted_proxies;
