//! The user's own settings.

use serde::{Deserialize, Serialize};

use crate::model::{
    change::quota::QuotaSum,
    forms::{FormDone, FormMistake},
    time::Timestamp,
};

/// The model of `/settings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsPage {
    /// The streams in the user's scope; `*` for all.
    pub scope: String,
    /// Whether there is a password to change: not in the demo.
    pub has_password: bool,
    pub mistake: Option<FormMistake>,
    pub done: Option<FormDone>,
    /// The user's own sessions, most recently used first.
    pub sessions: Vec<SessionCard>,
    pub may_administer: bool,
    /// Whether the user may pause background reads of targets.
    pub may_pause: bool,
    /// The journal's totals for the last 24 h, per account and Region.
    pub quota: Vec<QuotaSum>,
}

/// One of the user's own sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionCard {
    /// Identifies the session but can't be used to sign in.
    pub id: String,
    pub is_this: bool,
    pub signed_in_at: Timestamp,
    pub last_used_at: Timestamp,
    pub address: String,
    pub user_agent: String,
}
