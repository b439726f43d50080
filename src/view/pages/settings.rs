//! The own settings.

use serde::{Deserialize, Serialize};

use crate::model::{
    change::quota::QuotaSum,
    forms::{FormDone, FormMistake},
    time::Timestamp,
};

/// `/settings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsPage {
    /// The streams that there are for this person; `*` for all.
    pub scope: String,
    /// Whether there is a password to change: not in the demo.
    pub has_password: bool,
    pub mistake: Option<FormMistake>,
    pub done: Option<FormDone>,
    /// The own sessions, the one that was used last first.
    pub sessions: Vec<SessionCard>,
    pub may_administer: bool,
    /// Whether background reads of targets may be paused.
    pub may_pause: bool,
    /// What the journal sums up of the last 24 h, per account and Region.
    pub quota: Vec<QuotaSum>,
}

/// One of the own sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionCard {
    /// Names the session and does not open it.
    pub id: String,
    pub is_this: bool,
    pub signed_in_at: Timestamp,
    pub last_used_at: Timestamp,
    pub address: String,
    pub user_agent: String,
}
