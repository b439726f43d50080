//! The user's own settings.

use serde::{Deserialize, Serialize};

use crate::model::{
    access::{chain_alarm::ChainAlarm, identity::Role},
    change::{confirmation::Reason, quota::QuotaSum},
    forms::{FormMistake, Typed},
    inventory::{PauseLength, TargetHealth},
    shorten::typed,
    time::Timestamp,
};

/// No target's id is longer: an account and a Region.
const LONGEST_TARGET: usize = 60;
const LONGEST_NUMBER: usize = 20;

/// The model of `/settings`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsPage {
    /// The time of the read.
    pub now: Timestamp,
    pub targets: Vec<TargetLine>,
    /// The pause that was chosen before the password was asked for.
    pub pause: PauseChoice,
    pub user_name: String,
    pub role: Role,
    /// The streams in the user's scope; `*` for all.
    pub scope: String,
    /// Whether there is a password to change: neither in the demo nor for people of the company's provider.
    pub has_password: bool,
    pub mistake: Option<FormMistake>,
    /// The alarm about the audit chain, if there is one.
    pub chain_alarm: Option<ChainAlarm>,
    /// What was typed to acknowledge it, before the password was asked for or with a mistake.
    pub alarm_typed: AlarmTyped,
    /// The user's own sessions, most recently used first.
    pub sessions: Vec<SessionCard>,
    pub may_administer: bool,
    /// Whether this browser uses keyboard shortcuts.
    pub has_shortcuts: bool,
    /// The journal's totals for the last 24 h, per account and Region.
    pub quota: Vec<QuotaSum>,
}

/// A target, and whether the user may pause its background reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetLine {
    pub health: TargetHealth,
    pub may_pause: bool,
}

/// The content of a form that pauses a target: its id, and for how many minutes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseChoice {
    pub id: String,
    pub minutes: String,
}

impl Typed for PauseChoice {
    fn bounded(&self) -> Self {
        Self { id: typed(&self.id, LONGEST_TARGET), minutes: typed(&self.minutes, PauseLength::LONGEST) }
    }
}

/// The content of the form that acknowledges the alarm about the audit chain: its number, and the reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmTyped {
    pub number: String,
    pub reason: String,
}

impl Typed for AlarmTyped {
    fn bounded(&self) -> Self {
        Self { number: typed(&self.number, LONGEST_NUMBER), reason: typed(&self.reason, Reason::LONGEST) }
    }
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
