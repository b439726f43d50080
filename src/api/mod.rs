//! The server functions: each has its own endpoint, asks for its permission, makes one call of a service, and gives a
//! model type back. Every one of them is a public endpoint; the registry of endpoints declares them all.

pub mod audit;
pub mod changes;
pub mod keys;
pub mod session;
pub mod settings;
pub mod setup;
pub mod streams;
pub mod targets;
pub mod users;
pub mod wire;
