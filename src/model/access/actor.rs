//! Who did something, and from where, as the audit chain records it.

/// Somebody who acts. The name is empty for people who are not signed in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Actor {
    pub name: String,
    /// The client's address, as far as it is believed.
    pub address: String,
    pub user_agent: String,
}
