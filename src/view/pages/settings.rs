//! The user's own settings.

use crate::model::{
    access::identity::Role, change::quota::QuotaSum, forms::FormMistake, inventory::TargetHealth, time::Timestamp,
};

/// The model of `/settings`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsPage {
    /// The time of the read.
    pub now: Timestamp,
    pub targets: Vec<TargetHealth>,
    pub user_name: String,
    pub role: Role,
    /// The streams in the user's scope; `*` for all.
    pub scope: String,
    /// Whether there is a password to change: not in the demo.
    pub has_password: bool,
    pub mistake: Option<FormMistake>,
    /// The user's own sessions, most recently used first.
    pub sessions: Vec<SessionCard>,
    pub may_administer: bool,
    /// Whether the user may pause background reads of targets.
    pub may_pause: bool,
    /// Whether this browser uses keyboard shortcuts.
    pub has_shortcuts: bool,
    /// The journal's totals for the last 24 h, per account and Region.
    pub quota: Vec<QuotaSum>,
}

/// One of the user's own sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionCard {
    /// Identifies the session but can't be used to sign in.
    pub id: String,
    pub is_this: bool,
    pub signed_in_at: Timestamp,
    pub last_used_at: Timestamp,
    pub address: String,
    pub user_agent: String,
}
