//! Who may do what: the permission table, sessions, passwords, users, the first administrator.

pub mod accounts;
pub mod new_password;
pub mod passwords;
pub mod permissions;
pub mod sessions;
pub mod setup;
pub mod sign_in;
pub mod throttle;
