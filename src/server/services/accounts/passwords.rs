//! Password hashing: argon2id, a limited number at a time, with the same work for unknown users.

use std::sync::{Arc, OnceLock};

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use tokio::sync::Semaphore;

use super::new_password;
use crate::{
    model::{
        access::credentials::{UserName, check_password_length},
        forms::Outcome,
    },
    server::adapters::{random, tasks},
};

/// How many are hashed at once. Each takes 19 MiB, so without a limit sign-ins could exhaust the memory.
const AT_ONCE: usize = 4;

/// How many may wait for their turn. At some tens of milliseconds each, the last of them waits for about a second.
const MOST_WAITING: usize = 64;

/// Why a password couldn't be hashed or checked.
#[derive(Debug, Error)]
pub enum HashError {
    #[error("the password could not be hashed: {0}")]
    Failed(String),
    #[error("too many passwords are waiting to be hashed")]
    Busy,
}

/// Hashes and verifies passwords, off the async threads.
#[derive(Debug)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    /// Taken by those being hashed and those that wait for it.
    places: Arc<Semaphore>,
    /// A hash of no one's password, verified for unknown users so that the answer takes as long.
    nobody: OnceLock<String>,
}

impl Default for Passwords {
    fn default() -> Self {
        let (turns, places) = (Semaphore::new(AT_ONCE), Semaphore::new(AT_ONCE + MOST_WAITING));
        Self { turns: Arc::new(turns), places: Arc::new(places), nobody: OnceLock::new() }
    }
}

impl Passwords {
    /// Returns how many passwords are being hashed, or wait for it.
    pub fn in_progress(&self) -> usize {
        (AT_ONCE + MOST_WAITING).saturating_sub(self.places.available_permits())
    }

    /// Returns whether the password belongs to `hash`. Without a hash, the same work is done and the result is `false`.
    ///
    /// # Errors
    /// If too many others are waiting, or hashing failed. Then the password wasn't checked.
    pub async fn verify(&self, password: SecretString, hash: Option<String>) -> Result<bool, HashError> {
        let is_known = hash.is_some();
        let hash = match hash {
            Some(hash) => hash,
            None => self.nobody().await?,
        };
        let matches = self.run(move || {
            let parsed = PasswordHash::new(&hash).ok()?;
            Argon2::default().verify_password(password.expose_secret().as_bytes(), &parsed).ok()
        });
        Ok(matches.await?.is_some() && is_known)
    }

    /// Hashes a password with argon2id, 19 MiB and two passes (the crate's default, and OWASP's minimum). Returns the
    /// PHC string.
    ///
    /// # Errors
    /// If too many others are waiting, or hashing failed.
    pub async fn hash(&self, password: SecretString) -> Result<String, HashError> {
        self.run(move || hash_now(&password)).await?
    }

    /// Checks a new password for the user of this name, and hashes it. Only one of an allowed length is looked at more
    /// closely, and off the async threads, because that takes its time too.
    ///
    /// # Errors
    /// If too many others are waiting, or hashing failed.
    pub async fn hash_new(&self, password: SecretString, user_name: &str) -> Result<Outcome<String>, HashError> {
        let checked = check_password_length(password.expose_secret()).and_then(|()| UserName::parse(user_name));
        let name = match checked {
            Ok(name) => name,
            Err(mistake) => return Ok(mistake.into()),
        };
        let hashed = self.run(move || match new_password::check(password.expose_secret(), &name) {
            Ok(()) => hash_now(&password).map(Outcome::Done),
            Err(mistake) => Ok(mistake.into()),
        });
        hashed.await?
    }

    async fn nobody(&self) -> Result<String, HashError> {
        if let Some(hash) = self.nobody.get() {
            return Ok(hash.clone());
        }
        let hash = self.hash(SecretString::from(random::text(32))).await?;
        Ok(self.nobody.get_or_init(|| hash).clone())
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, HashError> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| HashError::Busy)?;
        let turn = self.turns.clone().acquire_owned().await.map_err(|error| HashError::Failed(error.to_string()))?;
        let done = tasks::spawn_blocking(move || {
            let result = work();
            drop((turn, place));
            result
        });
        done.await.map_err(|error| HashError::Failed(error.to_string()))
    }
}

/// Hashes on this thread, for the command line.
///
/// # Errors
/// If hashing failed.
pub fn hash_now(password: &SecretString) -> Result<String, HashError> {
    let hash = Argon2::default().hash_password(password.expose_secret().as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| HashError::Failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_user_verifies() {
        let passwords = Passwords::default();
        let hash = passwords.hash(SecretString::from("correct horse battery")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let verify = async |password: &str, hash: Option<&str>| {
            passwords.verify(SecretString::from(password), hash.map(ToOwned::to_owned)).await.unwrap()
        };
        assert!(verify("correct horse battery", Some(&hash)).await);
        assert!(!verify("correct horse batterz", Some(&hash)).await);
        assert!(!verify("correct horse battery", None).await);
        assert!(!verify("", Some("not a hash")).await);
    }

    #[tokio::test]
    async fn no_more_than_a_few_wait() {
        let passwords = Passwords::default();
        let all = passwords.turns.clone().acquire_many_owned(4).await.unwrap();
        let many = (0..100).map(|_| passwords.verify(SecretString::from("x"), Some("not a hash".to_owned())));
        let many = futures_util::future::join_all(many);
        let (answers, ()) = tokio::join!(many, async {
            tokio::task::yield_now().await;
            drop(all);
        });
        let busy = answers.iter().filter(|answer| matches!(answer, Err(HashError::Busy))).count();
        assert_eq!(busy, 100 - AT_ONCE - MOST_WAITING, "the rest got their turn");
        assert!(matches!(passwords.verify(SecretString::from("x"), Some(String::new())).await, Ok(false)));
    }
}
