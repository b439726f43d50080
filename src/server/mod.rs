//! The server half: from the configuration to a listening, draining process.

pub mod audit;
pub mod auth;
pub mod aws;
pub mod change;
pub mod check_config;
pub mod chosen_columns;
pub mod clock;
pub mod commands;
pub mod config;
pub mod context;
mod demo;
pub mod forms;
mod housekeeping;
pub mod http;
pub mod inventory;
pub mod keys;
pub mod lifecycle;
pub mod listen;
pub mod middleware;
pub mod pauses;
pub mod random;
pub mod router;
pub mod serve;
mod shell;
pub mod state;
pub mod store;
pub mod telemetry;
