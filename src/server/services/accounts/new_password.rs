//! The rules for a new password: long enough, not a common one, and not made of names that everyone here knows.

use std::{collections::HashSet, sync::LazyLock};

use sha2::{Digest, Sha256};

use crate::model::{
    access::credentials::{UserName, check_password_length},
    forms::FormMistake,
};

/// Digests of common passwords that are long enough. The file names their source.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().filter(|line| !line.starts_with('#')).collect());

/// The hex digits of each digest in the file.
const KEPT_DIGITS: usize = 16;
/// The characters that must remain of a password without well-known names.
const LEAST_OWN: usize = 8;

/// Checks that a password is allowed for this user.
///
/// # Errors
/// If it is too short or too long, common, or little more than the user's or Keystream's name.
pub fn check(password: &str, user: &UserName) -> Result<(), FormMistake> {
    check_password_length(password)?;
    let folded = password.to_lowercase();
    let own = folded.replace(&user.folded(), "").replace("keystream", "");
    let digest = hex::encode(Sha256::digest(folded.trim().as_bytes()));
    if COMMON.contains(&digest[..KEPT_DIGITS]) || own.chars().count() < LEAST_OWN {
        Err(FormMistake::PasswordCommon)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_passwords_and_well_known_names_are_refused() {
        let user = UserName::parse("Mira").unwrap();
        for password in [
            "passwordpassword",
            "PasswordPassword",
            "123456789012345",
            "qwertyuiopasdfghjkl",
            "mira-mira-mira-mira",
            "Keystream-Keystream",
        ] {
            assert_eq!(check(password, &user), Err(FormMistake::PasswordCommon), "{password}");
        }
        for password in ["correct horse battery staple", "mira reads seven books", "\u{fc}ber-lange W\u{f6}rter 15"] {
            assert_eq!(check(password, &user), Ok(()), "{password}");
        }
        assert_eq!(check("short", &user), Err(FormMistake::PasswordLength));
    }

    #[test]
    fn the_list_is_whole() {
        assert!(COMMON.len() > 3_000, "{}", COMMON.len());
        assert!(
            COMMON.iter().all(|digest| digest.len() == KEPT_DIGITS && digest.bytes().all(|b| b.is_ascii_hexdigit()))
        );
    }
}
