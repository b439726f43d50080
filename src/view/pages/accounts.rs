//! Sign-in, the pages behind links, and re-authentication.

use crate::model::{forms::FormMistake, time::Timestamp};

/// The model of `/sign-in`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInPage {
    pub is_demo: bool,
    /// The path on this site to continue to.
    pub next: String,
    pub user_name: String,
    pub mistake: Option<FormMistake>,
    /// When the next attempt is accepted; earlier ones aren't checked.
    pub wait_until: Option<Timestamp>,
}

/// The model of `/setup/{token}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupPage {
    pub token: String,
    pub link: SetupLink,
    pub mistake: Option<FormMistake>,
}

/// What a link is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetupLink {
    /// To create the first administrator. `user_name` was typed before a mistake.
    Administrator { user_name: String },
    /// To set the password of this user.
    Password { user_name: String, expires_at: Timestamp },
}

/// The model of `/confirm-identity`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityPage {
    /// The path on this site to continue to.
    pub next: String,
    pub mistake: Option<FormMistake>,
}
