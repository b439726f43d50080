//! The rules for a new password: long enough, not a common one, not made of names that everyone here knows, and hard to
//! guess.

use std::{borrow::Cow, collections::HashSet, sync::LazyLock};

use sha2::{Digest, Sha256};
use zxcvbn::{Score, zxcvbn};

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
/// The characters of a part of a user's name that counts as well known.
const LEAST_PART: usize = 3;
/// The estimator's best score: at least ten billion guesses.
const LEAST_SCORE: Score = Score::Four;

/// The characters that the estimator may read as letters, such as `4` as `a`.
const READ_AS_LETTERS: &str = "4@8({[<3691!|70$5+%2";
/// It tries all combinations of those in a password, so of a password with more of them it is given the beginning only.
const MOST_READ_AS_LETTERS: usize = 10;
const BEGINNING: usize = 32;

/// Checks that a password is allowed for this user. Takes up to 0.2 s for a password made to take long.
///
/// # Errors
/// If it is too short or too long, common, little more than the user's or Keystream's name, or easy to guess.
pub fn check(password: &str, user: &UserName) -> Result<(), FormMistake> {
    check_password_length(password)?;
    let folded = password.to_lowercase();
    let name = user.folded();
    let parts = name.split(['.', '_', '-', '@']).filter(|part| part.len() >= LEAST_PART);
    let names: Vec<&str> = [name.as_str(), "keystream"].into_iter().chain(parts).collect();
    let own = names.iter().fold(folded.clone(), |rest, name| rest.replace(name, ""));
    let digest = hex::encode(Sha256::digest(folded.trim().as_bytes()));
    if COMMON.contains(&digest[..KEPT_DIGITS]) || own.chars().count() < LEAST_OWN {
        return Err(FormMistake::PasswordCommon);
    }
    let estimate = zxcvbn(&estimated_part(password), &names);
    if estimate.score() >= LEAST_SCORE { Ok(()) } else { Err(FormMistake::PasswordWeak) }
}

/// Returns what the estimator is given of a password: what it can judge in little time.
fn estimated_part(password: &str) -> Cow<'_, str> {
    let read_as_letters = READ_AS_LETTERS.chars().filter(|sign| password.contains(*sign)).count();
    if read_as_letters > MOST_READ_AS_LETTERS { password.chars().take(BEGINNING).collect() } else { password.into() }
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
            "correcthorsebatterystaple",
            "mira-mira-mira-mira",
            "Keystream-Keystream",
            "Keystream-Mira-2026",
        ] {
            assert_eq!(check(password, &user), Err(FormMistake::PasswordCommon), "{password}");
        }
        assert_eq!(check("short", &user), Err(FormMistake::PasswordLength));
    }

    #[test]
    fn easy_ones_are_refused_and_hard_ones_are_not() {
        let user = UserName::parse("mira.halonen@example").unwrap();
        assert_eq!(check("Halonen, Mira 2026", &user), Err(FormMistake::PasswordCommon));
        for password in [
            "Password1234567",
            "aaaaaaaaaaaaaaa",
            "                    ",
            "Welcome123456789",
            "Admin123456789!",
            "operator-password",
            "hunter2hunter2hunter2",
            "P@ssw0rd-P@ssw0rd",
        ] {
            assert_eq!(check(password, &user), Err(FormMistake::PasswordWeak), "{password}");
        }
        for password in [
            "correct horse battery staple",
            "mira reads seven books",
            "seven quiet herons at dawn",
            "\u{fc}ber-lange W\u{f6}rter 15",
            "k7vq3xw9m2tzr5d",
        ] {
            assert_eq!(check(password, &user), Ok(()), "{password}");
        }
    }

    #[test]
    fn the_estimator_is_never_given_more_than_it_can_judge_in_little_time() {
        let user = UserName::parse("mira").unwrap();
        for (text, expected) in [
            ("x".repeat(60_000), Err(FormMistake::PasswordLength)),
            (READ_AS_LETTERS.repeat(3_000), Err(FormMistake::PasswordLength)),
            ("\u{1f600}".repeat(128), Err(FormMistake::PasswordWeak)),
            ("\u{130}\u{df}e\u{301}".repeat(25), Err(FormMistake::PasswordWeak)),
            ("\0".repeat(20), Err(FormMistake::PasswordWeak)),
            (READ_AS_LETTERS.repeat(6), Ok(())),
        ] {
            assert_eq!(check(&text, &user), expected, "{text:.40}");
        }
        assert_eq!(estimated_part(&READ_AS_LETTERS.repeat(6)).chars().count(), BEGINNING);
        let few: String = READ_AS_LETTERS.chars().take(MOST_READ_AS_LETTERS).collect();
        assert_eq!(estimated_part(&few.repeat(12)), few.repeat(12));
    }

    #[test]
    fn the_list_is_whole() {
        assert!(COMMON.len() > 3_000, "{}", COMMON.len());
        assert!(
            COMMON.iter().all(|digest| digest.len() == KEPT_DIGITS && digest.bytes().all(|b| b.is_ascii_hexdigit()))
        );
    }
}
