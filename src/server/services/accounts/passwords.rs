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

/// Why a password couldn't be hashed.
#[derive(Debug, Error)]
#[error("the password could not be hashed: {0}")]
pub struct HashError(String);

/// Hashes and verifies passwords, off the async threads.
#[derive(Debug)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    /// A hash of no one's password, verified for unknown users so that the answer takes as long.
    nobody: OnceLock<String>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), nobody: OnceLock::new() }
    }
}

impl Passwords {
    /// Returns whether the password belongs to `hash`. Without a hash, the same work is done and the result is `false`.
    pub async fn verify(&self, password: SecretString, hash: Option<String>) -> bool {
        let is_known = hash.is_some();
        let hash = match hash {
            Some(hash) => hash,
            None => match self.nobody().await {
                Ok(hash) => hash,
                Err(_) => return false,
            },
        };
        let matches = self.run(move || {
            let parsed = PasswordHash::new(&hash).ok()?;
            Argon2::default().verify_password(password.expose_secret().as_bytes(), &parsed).ok()
        });
        matches.await.flatten().is_some() && is_known
    }

    /// Hashes a password with argon2id, 19 MiB and two passes (the crate's default, and OWASP's minimum). Returns the
    /// PHC string.
    ///
    /// # Errors
    /// If hashing failed.
    pub async fn hash(&self, password: SecretString) -> Result<String, HashError> {
        let hashed = self.run(move || hash_now(&password));
        hashed.await.unwrap_or_else(|| Err(HashError("the task ended".to_owned())))
    }

    /// Checks a new password for the user of this name, and hashes it. Only one of an allowed length is looked at more
    /// closely, and off the async threads, because that takes its time too.
    ///
    /// # Errors
    /// If hashing failed.
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
        hashed.await.unwrap_or_else(|| Err(HashError("the task ended".to_owned())))
    }

    async fn nobody(&self) -> Result<String, HashError> {
        if let Some(hash) = self.nobody.get() {
            return Ok(hash.clone());
        }
        let hash = self.hash(SecretString::from(random::text(32))).await?;
        Ok(self.nobody.get_or_init(|| hash).clone())
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let turn = self.turns.clone().acquire_owned().await.ok()?;
        let done = tasks::spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        done.await.ok()
    }
}

/// Hashes on this thread, for the command line.
///
/// # Errors
/// If hashing failed.
pub fn hash_now(password: &SecretString) -> Result<String, HashError> {
    let hash = Argon2::default().hash_password(password.expose_secret().as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| HashError(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_user_verifies() {
        let passwords = Passwords::default();
        let hash = passwords.hash(SecretString::from("correct horse battery")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify(SecretString::from("correct horse battery"), Some(hash.clone())).await);
        assert!(!passwords.verify(SecretString::from("correct horse batterz"), Some(hash)).await);
        assert!(!passwords.verify(SecretString::from("correct horse battery"), None).await);
        assert!(!passwords.verify(SecretString::from(""), Some("not a hash".to_owned())).await);
    }
}
