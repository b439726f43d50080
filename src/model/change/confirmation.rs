//! What a user types to confirm a change: the reason and the stream's name.

use crate::model::{forms::FormMistake, stream::StreamName};

/// Why a change is made: 1 to 500 characters after trimming.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// The longest reason, in characters.
    pub const LONGEST: usize = 500;

    /// # Errors
    /// If the text is only white space, or longer than 500 characters.
    pub fn parse(text: &str) -> Result<Self, FormMistake> {
        // Browsers send line breaks as CR LF; each counts as one character.
        let text = text.replace("\r\n", "\n");
        let text = text.trim();
        match text.chars().count() {
            0 => Err(FormMistake::ReasonMissing),
            1..=Self::LONGEST => Ok(Self(text.to_owned())),
            _ => Err(FormMistake::ReasonTooLong),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Checks a typed name against the stream's: trimmed, case-sensitive.
///
/// # Errors
/// If they differ.
pub fn confirm_name(typed: &str, name: &StreamName) -> Result<(), FormMistake> {
    if typed.trim() == name.as_str() { Ok(()) } else { Err(FormMistake::NameMismatch) }
}

#[cfg(test)]
mod tests {
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
}
