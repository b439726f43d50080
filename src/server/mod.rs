//! The server half: from the configuration to a listening, draining process.

pub mod adapters;
pub mod cli;
pub mod config;
pub mod services;
pub mod web;
