//! Users, for administrators.

use serde::{Deserialize, Serialize};

use crate::model::{access::user_card::UserCard, forms::FormMistake};

/// The model of `/settings/users`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsersPage {
    pub users: Vec<UserCard>,
    pub mistake: Option<FormMistake>,
    /// What was typed into the form for a new user.
    pub typed: UserTyped,
}

/// The model of `/settings/users/{id}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPage {
    pub user: UserCard,
    pub mistake: Option<FormMistake>,
    /// What the form for role and scope shows: what was typed, otherwise the current values.
    pub typed: UserTyped,
}

/// The content of a form about a user; never a password.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserTyped {
    pub name: String,
    pub role: String,
    pub scope: String,
    pub is_break_glass: bool,
}
