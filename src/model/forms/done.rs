//! What a form did.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, VariantArray};

/// What a form did. The codes are part of the address of a page that says so.
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
    /// What has this code, as it stands in `?done=`.
    pub fn from_code(code: &str) -> Option<Self> {
        code.parse().ok()
    }
}
