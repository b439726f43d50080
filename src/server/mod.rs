//! The server half: from the configuration to a listening, draining process.

pub mod adapters;
pub mod check_config;
pub mod commands;
pub mod config;
mod demo;
pub mod lifecycle;
pub mod serve;
pub mod services;
pub mod web;
