//! Mistakes in forms.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, VariantArray};

/// A mistake in a form. The codes are part of the address of a page that comes back after a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Display, EnumString, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum FormMistake {
    NameMismatch,
    ReasonMissing,
    ReasonTooLong,
    SignInFailed,
    UserNameInvalid,
    PasswordLength,
    WaitInvalid,
    KeyInvalid,
    KeyUnseen,
    KeyOther,
    QuotaUsed,
    AnswerInvalid,
    RecordNotAgreed,
    ChangeNotNewest,
    ChangeStillJudged,
    FormIncomplete,
    TooManyFailures,
    PasswordWrong,
    PasswordCommon,
    UserNameTaken,
    RoleMissing,
    ScopeInvalid,
    LastAdmin,
}

impl std::error::Error for FormMistake {}

impl FormMistake {
    /// The mistake with this code, as it stands in `?problem=`.
    pub fn from_code(code: &str) -> Option<Self> {
        code.parse().ok()
    }

    /// Whether it warns of a key, which is sent when the same form comes once more.
    pub const fn warns_of_key(self) -> bool {
        matches!(self, Self::KeyUnseen | Self::KeyOther)
    }
}
