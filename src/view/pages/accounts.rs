//! Sign-in, the pages behind links, and re-authentication.

use crate::model::{forms::FormMistake, time::Timestamp};

/// The model of `/sign-in`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInPage {
    pub is_demo: bool,
    /// Sign-in with the company's provider, if it is configured.
    pub provider: Option<ProviderLink>,
    /// Whether only accounts for emergencies may use the form.
    pub is_for_emergencies_only: bool,
    /// Where the browser goes on to end its session at the provider too, right after a sign-out.
    pub sign_out_address: Option<String>,
    /// The path on this site to continue to.
    pub next: String,
    pub user_name: String,
    pub mistake: Option<FormMistake>,
    /// When the next attempt is accepted; earlier ones aren't checked.
    pub wait_until: Option<Timestamp>,
}

/// The link to the company's provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderLink {
    /// What people call the provider.
    pub name: String,
    pub href: String,
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
    /// The link to the provider of a user who has no password here.
    pub provider: Option<ProviderLink>,
    /// The path on this site to continue to.
    pub next: String,
    pub mistake: Option<FormMistake>,
}
