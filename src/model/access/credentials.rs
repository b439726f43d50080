//! What users sign in with: user names, and the length of passwords.

use serde::{Deserialize, Serialize};

use crate::model::forms::FormMistake;

/// A user name: 1 to 64 letters, digits, dots, hyphens, underscores or `@`. Compared ignoring case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserName(String);

impl UserName {
    /// The longest user name.
    pub const LONGEST: usize = 64;

    /// # Errors
    /// If the text is empty, longer than 64 characters, or has other characters.
    pub fn parse(text: &str) -> Result<Self, FormMistake> {
        let text = text.trim();
        let is_valid = (1..=Self::LONGEST).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-@".contains(&b));
        if is_valid { Ok(Self(text.to_owned())) } else { Err(FormMistake::UserNameInvalid) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the form in which names are compared and unique.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// Checks that a new password has an allowed length: 15 to 128 characters.
///
/// # Errors
/// If it is shorter or longer.
pub fn check_password_length(password: &str) -> Result<(), FormMistake> {
    if (15..=128).contains(&password.chars().count()) { Ok(()) } else { Err(FormMistake::PasswordLength) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_have_15_to_128_characters() {
        for (length, is_allowed) in [(0, false), (14, false), (15, true), (128, true), (129, false)] {
            assert_eq!(check_password_length(&"ü".repeat(length)).is_ok(), is_allowed, "{length}");
        }
    }
}
