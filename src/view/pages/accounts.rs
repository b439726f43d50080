//! Signing in, the first administrator, and showing once more who one is.

use serde::{Deserialize, Serialize};

use crate::model::{forms::FormMistake, time::Timestamp};

/// `/sign-in`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInPage {
    pub is_demo: bool,
    /// A path of this site.
    pub next: String,
    pub user_name: String,
    pub mistake: Option<FormMistake>,
    /// Until then no attempt is looked at.
    pub wait_until: Option<Timestamp>,
}

/// `/setup/{token}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupPage {
    pub token: String,
    pub user_name: String,
    pub mistake: Option<FormMistake>,
}

/// `/confirm-identity`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityPage {
    /// A path of this site.
    pub next: String,
    pub mistake: Option<FormMistake>,
}
