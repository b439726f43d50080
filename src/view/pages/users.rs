//! Users, for administrators.

use serde::{Deserialize, Serialize};

use crate::model::{
    access::{
        credentials::UserName,
        scope::Scope,
        user_card::{PasswordLinkCard, UserCard},
    },
    forms::{FormMistake, Typed},
    shorten::typed,
    time::Timestamp,
};

/// No role's name is longer.
const LONGEST_ROLE: usize = 20;

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
    /// Until when failed attempts delay sign-ins as this user, if they do.
    pub locked_until: Option<Timestamp>,
    /// The link with which the user can set the password now.
    pub link: Option<PasswordLinkCard>,
    /// Its address, right after it was made.
    pub shown_link: Option<String>,
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

impl Typed for UserTyped {
    fn bounded(&self) -> Self {
        Self {
            name: typed(&self.name, UserName::LONGEST),
            role: typed(&self.role, LONGEST_ROLE),
            scope: typed(&self.scope, Scope::LONGEST),
            is_break_glass: self.is_break_glass,
        }
    }
}
