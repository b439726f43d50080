//! A user as administrators see it.

use serde::{Deserialize, Serialize};

use super::identity::Role;
use crate::model::time::Timestamp;

/// A user as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserCard {
    pub id: String,
    pub name: String,
    pub role: Role,
    pub scope: String,
    pub is_break_glass: bool,
    /// Whether the user signs in with the company's provider, which decides role and scope.
    pub is_of_provider: bool,
    /// Since when the provider has had no rights for the user.
    pub rights_ended_at: Option<Timestamp>,
    pub disabled_at: Option<Timestamp>,
}

/// A one-time link with which a user can set the password now, as administrators see it. Nobody sees its token again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordLinkCard {
    /// The name of the administrator.
    pub made_by: String,
    pub made_at: Timestamp,
    pub expires_at: Timestamp,
}
