//! The server functions. Each has its own endpoint, checks its permission, makes one service call, and returns a model
//! type. All are public endpoints; the registry of endpoints declares every one.

pub mod changes;
pub mod session;
pub mod settings;
pub mod setup;
pub mod targets;
pub mod users;
