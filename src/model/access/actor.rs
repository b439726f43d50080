//! Who did something, and from where, as the audit chain records it.

/// A user who acts, or the server. The name is empty for someone who isn't signed in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Actor {
    pub name: String,
    /// The client's address, as far as it can be trusted.
    pub address: String,
    pub user_agent: String,
}
