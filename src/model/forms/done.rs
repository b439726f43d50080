//! The outcomes of forms.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, VariantArray};

/// What a form did. Its code is part of the next page's address, which shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Display, EnumString, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum FormDone {
    PasswordChanged,
    SessionEnded,
    OtherSessionsEnded,
    UserAdded,
    RightsSaved,
    PasswordSet,
    UserDisabled,
    UserEnabled,
    TargetPaused,
    TargetResumed,
}

impl FormDone {
    /// Parses a code from `?done=`.
    pub fn from_code(code: &str) -> Option<Self> {
        code.parse().ok()
    }

    /// The sentence for people.
    pub const fn text(self) -> &'static str {
        match self {
            Self::PasswordChanged => "Your password is changed. All your other sessions have ended.",
            Self::SessionEnded => "The session has ended.",
            Self::OtherSessionsEnded => "All your other sessions have ended.",
            Self::UserAdded => "The user is added and may sign in.",
            Self::RightsSaved => "Role and streams are saved. They count from the user's next request on.",
            Self::PasswordSet => "The password is set. All sessions of this user have ended.",
            Self::UserDisabled => "The user is disabled. All sessions of this user have ended.",
            Self::UserEnabled => "The user may sign in again.",
            Self::TargetPaused => {
                "Background reads of the target are paused. Changes under way are watched on, and a confirmation still \
                reads its stream."
            }
            Self::TargetResumed => "The target is read again.",
        }
    }
}
