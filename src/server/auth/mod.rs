//! Who may do what: the permission table, sessions, passwords, the first administrator.

pub mod passwords;
pub mod permissions;
pub mod sessions;
pub mod setup;
pub mod sign_in;
