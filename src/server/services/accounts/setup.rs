//! The setup link, printed at the start while there are no users: a token that works once, within an hour.

use parking_lot::Mutex;
use secrecy::SecretString;
use sha2::{Digest, Sha256};

use super::{AccountError, Accounts, NewUser, passwords::Passwords};
use crate::{
    model::{
        access::{actor::Actor, credentials::UserName, identity::Role, scope::Scope},
        forms::Outcome,
        time::{HOUR_MS, Timestamp},
    },
    server::adapters::{random, store::users},
};

/// The open link, if there is one. Only its hash is kept.
#[derive(Debug, Default)]
pub struct SetupLink {
    open: Mutex<Option<([u8; 32], Timestamp)>>,
}

impl SetupLink {
    /// Opens the link and returns its token: 26 characters, 130 bits.
    pub fn open(&self, now: Timestamp) -> String {
        let token = random::text(26);
        *self.open.lock() = Some((hash(&token), now.plus_millis(HOUR_MS)));
        token
    }

    /// Returns whether this token opens the link now. Compares hashes, so timing reveals nothing about the token.
    pub fn admits(&self, token: &str, now: Timestamp) -> bool {
        let open = self.open.lock();
        open.is_some_and(|(expected, until)| expected == hash(token) && now < until)
    }

    /// Closes the link for good.
    pub fn close(&self) {
        *self.open.lock() = None;
    }
}

/// What the form of the setup link asks for.
#[derive(Debug)]
pub struct FirstAdministrator<'a> {
    pub token: &'a str,
    pub user_name: &'a str,
    pub password: SecretString,
    /// Whether the account is for emergencies: it has to be if no other may sign in with a password.
    pub is_break_glass: bool,
}

/// Creates the first administrator with the setup link, and closes the link for good. The second of two concurrent
/// requests finds that a user exists.
///
/// # Errors
/// See [`AccountError`]. After an error or a mistake, nothing was saved.
pub async fn create_administrator(
    link: &SetupLink,
    passwords: &Passwords,
    accounts: Accounts<'_>,
    form: FirstAdministrator<'_>,
) -> Result<Outcome, AccountError> {
    let FirstAdministrator { token, user_name, password, is_break_glass } = form;
    if !link.admits(token, accounts.now) {
        return Err(AccountError::NotFound);
    }
    let name = match UserName::parse(user_name) {
        Ok(name) => name,
        Err(mistake) => return Ok(mistake.into()),
    };
    let hash = match passwords.hash_new(password, name.as_str()).await? {
        Outcome::Done(hash) => hash,
        Outcome::Mistake(mistake) => return Ok(mistake.into()),
    };
    let new = NewUser { name, role: Role::Admin, scope: Scope::everything(), is_break_glass };
    let accounts = Accounts { actor: Actor { name: "setup link".to_owned(), ..accounts.actor }, ..accounts };
    let mut tx = accounts.store.write().await?;
    if !users::is_empty(&mut tx).await? {
        link.close();
        return Err(AccountError::NotFound);
    }
    let added = accounts.add_within(&mut tx, new, Some(hash)).await?;
    if matches!(added, Outcome::Done(_)) {
        tx.commit().await?;
        link.close();
    }
    Ok(added.map(|_| ()))
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_an_hour_and_until_closed() {
        let start = Timestamp::from_millis(0);
        let link = SetupLink::default();
        assert!(!link.admits("", start), "closed from the start");
        let token = link.open(start);
        assert!(link.admits(&token, start.plus_millis(HOUR_MS - 1)));
        assert!(!link.admits(&token, start.plus_millis(HOUR_MS)));
        assert!(!link.admits("x", start));
        link.close();
        assert!(!link.admits(&token, start));
    }
}
