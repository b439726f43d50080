//! Mistakes in forms.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, VariantArray};

use crate::model::stream::{StreamName, encryption::InvalidKeyId};

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

    /// The sentence for people; `name` is the stream's name where the form is about one.
    pub fn text(self, name: Option<&StreamName>) -> String {
        match self {
            Self::NameMismatch => format!(
                "The name typed is not {}. Nothing was sent. Type it exactly as shown.",
                name.map_or("the stream's", StreamName::as_str)
            ),
            Self::ReasonMissing => "A reason is missing. Nothing was sent. Say why, with the ticket if there is \
                one."
                .to_owned(),
            Self::ReasonTooLong => "The reason has more than 500 characters. Nothing was sent. Shorten it.".to_owned(),
            Self::SignInFailed => "User name or password is wrong, or the account may not sign in.".to_owned(),
            Self::UserNameInvalid => {
                "A user name has 1 to 64 letters, digits, dots, hyphens, underscores or @. Nothing was saved. Choose \
                another."
                    .to_owned()
            }
            Self::PasswordLength => "A password has 15 to 128 characters. Nothing was saved. Choose \
                another."
                .to_owned(),
            Self::WaitInvalid => "The time to wait is 1 to 240 minutes. Nothing was sent. Choose one of the \
                times."
                .to_owned(),
            Self::KeyInvalid => format!(
                "This is not a form of key id that AWS takes: {InvalidKeyId}. Nothing was \
                sent."
            ),
            Self::KeyUnseen => {
                "This key cannot be seen from here (it is of another account, or its account does not show it), so \
                 whether Kinesis can use \
                 it is not known. Nothing was sent. Check the key; to send it all the same, press the button once more."
                    .to_owned()
            }
            Self::KeyOther => {
                "This names another key than the one with which the stream was seen to be encrypted. Nothing was sent. \
                 Check it; to send it \
                 all the same, press the button once more."
                    .to_owned()
            }
            Self::QuotaUsed => {
                "Keystream counts 25 of this kind for this stream in 24 h, and AWS refuses the 26th. Nothing was sent. \
                 Wait until one frees, or \
                 say why it is to be sent all the same."
                    .to_owned()
            }
            Self::AnswerInvalid => {
                "This is not a producer's answer: JSON of PutRecord or PutRecords with an EncryptionType of NONE or \
                 KMS. Nothing was kept. Paste it \
                 whole."
                    .to_owned()
            }
            Self::RecordNotAgreed => {
                "That a marked record reaches every consumer was not agreed to. Nothing was written. Tick the box if \
                that may be."
                    .to_owned()
            }
            Self::ChangeNotNewest => {
                "A later change of this stream was sent: what records say now is not about this one. Nothing was \
                 written or looked at. Ask on the \
                 newest change."
                    .to_owned()
            }
            Self::ChangeStillJudged => {
                "AWS's reports may still show whether this change took effect, so nothing was closed. Keystream is \
                still reading the stream."
                    .to_owned()
            }
            Self::FormIncomplete => "The form arrived incomplete. Nothing was sent. Reload the page and fill it in \
                again."
                .to_owned(),
            Self::TooManyFailures => {
                "Too many attempts failed for this account or from your network. The password was not looked at. Wait, \
                and try again."
                    .to_owned()
            }
            Self::PasswordWrong => "The password is wrong. Nothing was changed. Type it again.".to_owned(),
            Self::PasswordCommon => {
                "Many people have this password, or it is little more than a name. Nothing was saved. Choose another, \
                 such \
                                     as some words that do not belong together."
                    .to_owned()
            }
            Self::UserNameTaken => "There is a user of this name already. Nothing was saved. Choose another \
                name."
                .to_owned(),
            Self::RoleMissing => "A role is missing. Nothing was saved. Choose one.".to_owned(),
            Self::ScopeInvalid => {
                "A scope is *, or up to 20 patterns ACCOUNT/REGION/NAME with * for any characters. Nothing was saved. \
                 Write it \
                                   like 111122223333/eu-west-1/orders-*."
                    .to_owned()
            }
            Self::LastAdmin => "Nobody else could administer Keystream. Nothing was saved. Make another administrator \
                first."
                .to_owned(),
        }
    }
}
