//! What people type, parsed at the edge into types that cannot hold a bad value.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::stream::{StreamName, encryption::InvalidKeyId};

/// A mistake in a form. The codes are part of the address of a page that comes back after a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Error)]
pub enum FormMistake {
    #[error("name-mismatch")]
    NameMismatch,
    #[error("reason-missing")]
    ReasonMissing,
    #[error("reason-too-long")]
    ReasonTooLong,
    #[error("sign-in-failed")]
    SignInFailed,
    #[error("user-name-invalid")]
    UserNameInvalid,
    #[error("password-length")]
    PasswordLength,
    #[error("wait-invalid")]
    WaitInvalid,
    #[error("key-invalid")]
    KeyInvalid,
    #[error("key-unseen")]
    KeyUnseen,
    #[error("key-other")]
    KeyOther,
    #[error("quota-used")]
    QuotaUsed,
    #[error("answer-invalid")]
    AnswerInvalid,
    #[error("record-not-agreed")]
    RecordNotAgreed,
    #[error("change-not-newest")]
    ChangeNotNewest,
    #[error("change-still-judged")]
    ChangeStillJudged,
    #[error("form-incomplete")]
    FormIncomplete,
    #[error("too-many-failures")]
    TooManyFailures,
    #[error("password-wrong")]
    PasswordWrong,
    #[error("password-common")]
    PasswordCommon,
    #[error("user-name-taken")]
    UserNameTaken,
    #[error("role-missing")]
    RoleMissing,
    #[error("scope-invalid")]
    ScopeInvalid,
    #[error("last-admin")]
    LastAdmin,
}

impl FormMistake {
    pub const ALL: [Self; 23] = [
        Self::NameMismatch,
        Self::ReasonMissing,
        Self::ReasonTooLong,
        Self::SignInFailed,
        Self::UserNameInvalid,
        Self::PasswordLength,
        Self::WaitInvalid,
        Self::KeyInvalid,
        Self::KeyUnseen,
        Self::KeyOther,
        Self::QuotaUsed,
        Self::AnswerInvalid,
        Self::RecordNotAgreed,
        Self::ChangeNotNewest,
        Self::ChangeStillJudged,
        Self::FormIncomplete,
        Self::TooManyFailures,
        Self::PasswordWrong,
        Self::PasswordCommon,
        Self::UserNameTaken,
        Self::RoleMissing,
        Self::ScopeInvalid,
        Self::LastAdmin,
    ];

    /// The mistake with this code, as it stands in `?problem=`.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mistake| mistake.to_string() == code)
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
            Self::ReasonMissing => "A reason is missing. Nothing was sent. Say why, with the ticket if there is one.".to_owned(),
            Self::ReasonTooLong => "The reason has more than 500 characters. Nothing was sent. Shorten it.".to_owned(),
            Self::SignInFailed => "User name or password is wrong, or the account may not sign in.".to_owned(),
            Self::UserNameInvalid => {
                "A user name has 1 to 64 letters, digits, dots, hyphens, underscores or @. Nothing was saved. Choose another.".to_owned()
            }
            Self::PasswordLength => "A password has 15 to 128 characters. Nothing was saved. Choose another.".to_owned(),
            Self::WaitInvalid => "The time to wait is 1 to 240 minutes. Nothing was sent. Choose one of the times.".to_owned(),
            Self::KeyInvalid => format!("This is not a form of key id that AWS takes: {InvalidKeyId}. Nothing was sent."),
            Self::KeyUnseen => {
                "This key cannot be seen from here (it is of another account, or its account does not show it), so whether Kinesis can use \
                 it is not known. Nothing was sent. Check the key; to send it all the same, press the button once more."
                    .to_owned()
            }
            Self::KeyOther => {
                "This names another key than the one with which the stream was seen to be encrypted. Nothing was sent. Check it; to send it \
                 all the same, press the button once more."
                    .to_owned()
            }
            Self::QuotaUsed => {
                "Keystream counts 25 of this kind for this stream in 24 h, and AWS refuses the 26th. Nothing was sent. Wait until one frees, or \
                 say why it is to be sent all the same."
                    .to_owned()
            }
            Self::AnswerInvalid => {
                "This is not a producer's answer: JSON of PutRecord or PutRecords with an EncryptionType of NONE or KMS. Nothing was kept. Paste it \
                 whole."
                    .to_owned()
            }
            Self::RecordNotAgreed => {
                "That a marked record reaches every consumer was not agreed to. Nothing was written. Tick the box if that may be.".to_owned()
            }
            Self::ChangeNotNewest => {
                "A later change of this stream was sent: what records say now is not about this one. Nothing was written or looked at. Ask on the \
                 newest change."
                    .to_owned()
            }
            Self::ChangeStillJudged => {
                "AWS's reports may still show whether this change took effect, so nothing was closed. Keystream is still reading the stream."
                    .to_owned()
            }
            Self::FormIncomplete => "The form arrived incomplete. Nothing was sent. Reload the page and fill it in again.".to_owned(),
            Self::TooManyFailures => {
                "Too many attempts failed for this account or from your network. The password was not looked at. Wait, and try again."
                    .to_owned()
            }
            Self::PasswordWrong => "The password is wrong. Nothing was changed. Type it again.".to_owned(),
            Self::PasswordCommon => {
                "Many people have this password, or it is little more than a name. Nothing was saved. Choose another, such \
                                     as some words that do not belong together."
                    .to_owned()
            }
            Self::UserNameTaken => "There is a user of this name already. Nothing was saved. Choose another name.".to_owned(),
            Self::RoleMissing => "A role is missing. Nothing was saved. Choose one.".to_owned(),
            Self::ScopeInvalid => {
                "A scope is *, or up to 20 patterns ACCOUNT/REGION/NAME with * for any characters. Nothing was saved. Write it \
                                   like 111122223333/eu-west-1/orders-*."
                    .to_owned()
            }
            Self::LastAdmin => "Nobody else could administer Keystream. Nothing was saved. Make another administrator first.".to_owned(),
        }
    }
}

/// What a form did. The codes are part of the address of a page that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Error)]
pub enum FormDone {
    #[error("password-changed")]
    PasswordChanged,
    #[error("session-ended")]
    SessionEnded,
    #[error("other-sessions-ended")]
    OtherSessionsEnded,
    #[error("user-added")]
    UserAdded,
    #[error("rights-saved")]
    RightsSaved,
    #[error("password-set")]
    PasswordSet,
    #[error("user-disabled")]
    UserDisabled,
    #[error("user-enabled")]
    UserEnabled,
    #[error("target-paused")]
    TargetPaused,
    #[error("target-resumed")]
    TargetResumed,
}

impl FormDone {
    const ALL: [Self; 10] = [
        Self::PasswordChanged,
        Self::SessionEnded,
        Self::OtherSessionsEnded,
        Self::UserAdded,
        Self::RightsSaved,
        Self::PasswordSet,
        Self::UserDisabled,
        Self::UserEnabled,
        Self::TargetPaused,
        Self::TargetResumed,
    ];

    /// What has this code, as it stands in `?done=`.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.to_string() == code)
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
                "Background reads of the target are paused. Changes under way are watched on, and a confirmation still reads its stream."
            }
            Self::TargetResumed => "The target is read again.",
        }
    }
}

/// Why a change is made: 1 to 500 characters after trimming.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// # Errors
    /// When nothing but white space was typed, or more than 500 characters.
    pub fn parse(text: &str) -> Result<Self, FormMistake> {
        // Browsers send line breaks as CR LF; one typed break counts as one character.
        let text = text.replace("\r\n", "\n");
        let text = text.trim();
        match text.chars().count() {
            0 => Err(FormMistake::ReasonMissing),
            1..=500 => Ok(Self(text.to_owned())),
            _ => Err(FormMistake::ReasonTooLong),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Compares a typed name with the stream's: trimmed, case-sensitive.
///
/// # Errors
/// When they differ.
pub fn confirm_name(typed: &str, name: &StreamName) -> Result<(), FormMistake> {
    if typed.trim() == name.as_str() { Ok(()) } else { Err(FormMistake::NameMismatch) }
}

/// A user name: 1 to 64 letters, digits, dots, hyphens, underscores or `@`. Compared without case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserName(String);

impl UserName {
    /// # Errors
    /// When the text has other characters, none, or more than 64.
    pub fn parse(text: &str) -> Result<Self, FormMistake> {
        let text = text.trim();
        let is_valid = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-@".contains(&b));
        if is_valid { Ok(Self(text.to_owned())) } else { Err(FormMistake::UserNameInvalid) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which names are compared and kept unique.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// Whether a new password has an allowed length: 15 to 128 characters.
///
/// # Errors
/// When it is shorter or longer.
pub fn check_password_length(password: &str) -> Result<(), FormMistake> {
    if (15..=128).contains(&password.chars().count()) { Ok(()) } else { Err(FormMistake::PasswordLength) }
}

/// Where to go after signing in: a path of this site, never another one. Anything else becomes `/streams`.
pub fn safe_next(next: &str) -> String {
    let is_path = next.starts_with('/') && !next.starts_with("//");
    let is_plain = next.len() <= 2_000 && next.bytes().all(|b| (0x21..=0x7e).contains(&b) && b != b'\\');
    if is_path && is_plain && !next.starts_with("/sign-in") { next.to_owned() } else { "/streams".to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_reason_has_1_to_500_characters_after_trimming() {
        assert_eq!(Reason::parse(" \n\t "), Err(FormMistake::ReasonMissing));
        assert_eq!(Reason::parse("  OPS-1 ").unwrap().as_str(), "OPS-1");
        assert!(Reason::parse(&"ä".repeat(500)).is_ok());
        assert_eq!(Reason::parse(&"ä".repeat(501)), Err(FormMistake::ReasonTooLong));
        assert!(Reason::parse(&"a\r\n".repeat(250)).is_ok(), "a line break counts once");
    }

    #[test]
    fn a_name_is_compared_trimmed_and_with_case() {
        let name = "orders-prod".parse().unwrap();
        assert_eq!(confirm_name(" orders-prod ", &name), Ok(()));
        assert_eq!(confirm_name("Orders-prod", &name), Err(FormMistake::NameMismatch));
        assert_eq!(confirm_name("", &name), Err(FormMistake::NameMismatch));
    }

    #[test]
    fn passwords_have_15_to_128_characters() {
        for (length, is_allowed) in [(0, false), (14, false), (15, true), (128, true), (129, false)] {
            assert_eq!(check_password_length(&"ü".repeat(length)).is_ok(), is_allowed, "{length}");
        }
    }

    #[test]
    fn every_code_comes_back_as_its_mistake() {
        for mistake in FormMistake::ALL {
            assert_eq!(FormMistake::from_code(&mistake.to_string()), Some(mistake));
        }
        assert_eq!(FormMistake::from_code("<script>"), None);
        for done in FormDone::ALL {
            assert_eq!(FormDone::from_code(&done.to_string()), Some(done));
        }
    }

    #[test]
    fn next_never_leaves_the_site() {
        for hostile in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
            "",
            "/a\r\nSet-Cookie: x",
            "/\tx",
            "/sign-in",
        ] {
            assert_eq!(safe_next(hostile), "/streams", "{hostile:?}");
        }
        assert_eq!(safe_next("/streams?q=orders&page=2"), "/streams?q=orders&page=2");
    }

    proptest! {
        #[test]
        fn next_is_always_a_plain_path(text in ".{0,100}") {
            let next = safe_next(&text);
            prop_assert!(next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n', ' ']));
        }
    }
}
