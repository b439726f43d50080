//! Sign-in, the setup of the first administrator, and re-authentication.

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
    pub user_name: String,
    pub mistake: Option<FormMistake>,
}

/// The model of `/confirm-identity`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityPage {
    /// The path on this site to continue to.
    pub next: String,
    pub mistake: Option<FormMistake>,
}
