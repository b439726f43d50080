//! What a form did.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, VariantArray};

/// What a form did. Its code is part of the address of the next page, which shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Display, EnumString, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum FormDone {
    PasswordChanged,
    SessionEnded,
    OtherSessionsEnded,
    UserAdded,
    RightsSaved,
    PasswordSet,
    LinkMade,
    LinkRevoked,
    UserDisabled,
    UserEnabled,
    UserUnlocked,
    TargetPaused,
    TargetResumed,
    AlarmAcknowledged,
    ShortcutsSaved,
}

impl FormDone {
    /// Parses a code from `?done=`.
    pub fn from_code(code: &str) -> Option<Self> {
        code.parse().ok()
    }
}
