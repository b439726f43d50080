//! One-time links with which people set their own passwords, so that no administrator knows one.
//!
//! A link's token is shown once, to the administrator who makes the link; the database has its hash. The link works
//! until it is used or revoked, for a day at most. A user has one at a time.

use secrecy::SecretString;
use sha2::{Digest, Sha256};

use super::{AccountError, Accounts, NewUser, passwords::Passwords};
use crate::{
    model::{
        access::{actor::Actor, user_card::PasswordLinkCard},
        forms::{FormMistake, Outcome},
        time::{DAY_MS, Timestamp},
    },
    server::{
        adapters::{
            random,
            store::{LinkEnd, PasswordLink, StoreError, Tx, User, password_links as table, users},
        },
        services::audit::{self, AuditAction, AuditEvent},
    },
};

/// How long a link works.
const VALID_MS: i64 = DAY_MS;
/// The characters of a token: 260 bits.
const TOKEN_LENGTH: usize = 52;
/// The name under which the use of a link is recorded: whoever uses it isn't signed in.
const ACTOR: &str = "one-time link";

/// A link that was just made.
#[derive(Debug)]
pub struct NewLink {
    pub user_id: String,
    pub token: SecretString,
}

/// A link that works now.
#[derive(Debug)]
pub struct OpenLink {
    pub user: User,
    pub expires_at: Timestamp,
    token_hash: String,
}

impl Accounts<'_> {
    /// Adds a user without a password, with the link to set one.
    ///
    /// # Errors
    /// If the database can't be written.
    pub async fn add_with_link(&self, new: NewUser) -> Result<Outcome<NewLink>, AccountError> {
        let mut tx = self.store.write().await?;
        let user = match self.add_within(&mut tx, new, None).await? {
            Outcome::Done(user) => user,
            Outcome::Mistake(mistake) => return Ok(mistake.into()),
        };
        let link = self.make_link_within(&mut tx, &user).await?;
        tx.commit().await?;
        Ok(Outcome::Done(link))
    }

    /// Makes the link with which a user sets another password, in place of the user's former link. Until it is used,
    /// the current password is valid.
    ///
    /// # Errors
    /// If no such user can sign in, or the database can't be written.
    pub async fn make_link(&self, user_id: &str) -> Result<Outcome<NewLink>, AccountError> {
        let mut tx = self.store.write().await?;
        let user = users::find(&mut tx, user_id).await?.filter(has_account).ok_or(AccountError::NotFound)?;
        if user.of_provider.is_some() {
            return Ok(FormMistake::UserOfProvider.into());
        }
        let link = self.make_link_within(&mut tx, &user).await?;
        tx.commit().await?;
        Ok(Outcome::Done(link))
    }

    async fn make_link_within(&self, tx: &mut Tx, user: &User) -> Result<NewLink, AccountError> {
        let token = random::text(TOKEN_LENGTH);
        let link = PasswordLink {
            token_hash: hash_of(&token),
            user_id: user.id.clone(),
            made_by: self.actor.name.clone(),
            made_at: self.now,
            expires_at: self.now.plus_millis(VALID_MS),
            ended: None,
        };
        table::revoke_of(tx, &user.id, self.now).await?;
        table::insert(tx, &link).await?;
        let after = format!("valid until {}", link.expires_at.rfc3339());
        audit::append(tx, AuditEvent { after, ..self.event(AuditAction::UserLinkMade, user) }).await?;
        Ok(NewLink { user_id: link.user_id, token: token.into() })
    }

    /// Revokes a user's link, if there is one.
    ///
    /// # Errors
    /// If there is no such user or the database can't be written.
    pub async fn revoke_link(&self, user_id: &str) -> Result<(), AccountError> {
        let mut tx = self.store.write().await?;
        let user = users::find(&mut tx, user_id).await?.ok_or(AccountError::NotFound)?;
        if table::revoke_of(&mut tx, user_id, self.now).await? {
            audit::append(&mut tx, self.event(AuditAction::UserLinkRevoked, &user)).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Returns the user's link, if one works now, and whether `token` is its token.
    ///
    /// # Errors
    /// If the database can't be read.
    pub async fn link_of(
        &self,
        user_id: &str,
        token: Option<&str>,
    ) -> Result<Option<(PasswordLinkCard, bool)>, StoreError> {
        let link = self.store.open_password_link(user_id, self.now).await?;
        Ok(link.map(|link| {
            let is_its_token = token.is_some_and(|token| hash_of(token) == link.token_hash);
            let card = PasswordLinkCard { made_by: link.made_by, made_at: link.made_at, expires_at: link.expires_at };
            (card, is_its_token)
        }))
    }

    /// Finds the link that a token opens. Opening one that is over is recorded.
    ///
    /// # Errors
    /// If there is no such link, it is over, or the database can't be read or written.
    pub async fn open_link(&self, token: &str) -> Result<OpenLink, AccountError> {
        if token.len() != TOKEN_LENGTH {
            return Err(AccountError::NotFound);
        }
        let link = self.store.password_link(&hash_of(token)).await?.ok_or(AccountError::NotFound)?;
        let user = self.store.user(&link.user_id).await?.ok_or(AccountError::NotFound)?;
        let why = match link.ended {
            Some(LinkEnd::Used) => "already used",
            Some(LinkEnd::Revoked) => "revoked",
            None if self.now >= link.expires_at => "expired",
            None if !has_account(&user) => "user disabled",
            None => return Ok(OpenLink { user, expires_at: link.expires_at, token_hash: link.token_hash }),
        };
        let mut tx = self.store.write().await?;
        if table::note_refusal(&mut tx, &link.token_hash, self.now).await? {
            let event = self.event(AuditAction::UserLinkRefused, &user);
            audit::append(&mut tx, AuditEvent { actor: ACTOR.to_owned(), result: why.to_owned(), ..event }).await?;
            tx.commit().await?;
        }
        Err(AccountError::LinkOver)
    }
}

/// Sets the password of the user whom a link belongs to, and uses the link up. All of the user's sessions end.
///
/// # Errors
/// As [`Accounts::open_link`], or if hashing failed. After an error or a mistake, the link works as before.
pub async fn set_password(
    passwords: &Passwords,
    accounts: Accounts<'_>,
    token: &str,
    password: SecretString,
) -> Result<Outcome, AccountError> {
    let accounts = Accounts { actor: Actor { name: ACTOR.to_owned(), ..accounts.actor }, ..accounts };
    let link = accounts.open_link(token).await?;
    let hash = match passwords.hash_new(password, &link.user.name).await? {
        Outcome::Done(hash) => hash,
        Outcome::Mistake(mistake) => return Ok(mistake.into()),
    };
    let mut tx = accounts.store.write().await?;
    let user = users::find(&mut tx, &link.user.id).await?.filter(has_account);
    let Some(user) = user.filter(|_| accounts.now < link.expires_at) else { return Err(AccountError::LinkOver) };
    // It may have been used or revoked meanwhile.
    if !table::use_up(&mut tx, &link.token_hash, accounts.now).await? {
        return Err(AccountError::LinkOver);
    }
    accounts.set_password_within(&mut tx, &user, &hash, ACTOR).await?;
    accounts.commit(tx, &user.id).await?;
    Ok(Outcome::Done(()))
}

/// Whether a user can have a password. The demo's have none.
const fn has_account(user: &User) -> bool {
    user.disabled_at.is_none() && !user.is_demo
}

fn hash_of(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}
