//! The web layer between requests and services: the router and its middleware, the request context, forms, and
//! handlers.

pub mod assets;
mod browser_choice;
pub mod chosen_columns;
pub mod context;
pub mod endpoints;
pub mod event_connections;
mod events_tag;
pub mod forms;
pub mod fragments;
pub mod handlers;
pub mod listen;
mod marks;
pub mod middleware;
pub mod provider_link;
pub mod request_limits;
pub mod router;
pub mod session_store;
mod shell;
pub mod shortcuts;
pub mod shown_link;
pub mod state;
pub mod trusted_proxies;
