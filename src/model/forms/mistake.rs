//! Mistakes in forms.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, VariantArray};

/// A mistake in a form. Its code is part of the address of the page that shows the form again.
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
    PasswordWeak,
    UserNameTaken,
    RoleMissing,
    ScopeInvalid,
    PauseInvalid,
    AlarmOther,
    LastAdmin,
    UserOfProvider,
    ProviderDown,
    ProviderRefused,
    ProviderAnswerInvalid,
    ProviderUserDisabled,
    NotInGroup,
    OtherPerson,
    SignInAgain,
    SignInStale,
    SignInElsewhere,
}

impl std::error::Error for FormMistake {}

impl FormMistake {
    /// Parses a code from `?problem=`.
    pub fn from_code(code: &str) -> Option<Self> {
        code.parse().ok()
    }

    /// Returns whether it warns about a key that is sent if the same form is submitted again.
    pub const fn warns_of_key(self) -> bool {
        matches!(self, Self::KeyUnseen | Self::KeyOther)
    }
}
