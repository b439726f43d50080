//! User management, for administrators and the command line. Each action is one transaction with its audit event.

pub mod directory;
pub mod network;
pub mod new_password;
pub mod new_session;
pub mod password_links;
pub mod passwords;
pub mod provider;
pub mod session_watch;
pub mod sessions;
pub mod setup;
pub mod sign_in;
mod sign_in_counts;
pub mod throttle;

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use self::passwords::HashError;
use super::audit::{self, AuditAction, AuditEvent, SERVER};
use crate::{
    model::{
        access::{actor::Actor, credentials::UserName, identity::Role, scope::Scope},
        forms::{FormMistake, Outcome},
        time::Timestamp,
    },
    server::adapters::store::{Store, StoreError, Tx, User, sessions as sessions_table, users},
};

/// Why a user wasn't changed, other than a mistake in a form.
#[derive(Debug, Error)]
pub enum AccountError {
    #[error("there is no such user")]
    NotFound,
    /// A one-time link was used or revoked, or has expired.
    #[error("the link is no longer valid")]
    LinkOver,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("hashing failed: {0}")]
    Hash(#[from] HashError),
}

/// User management on behalf of one actor, at one time.
#[derive(Debug)]
pub struct Accounts<'a> {
    pub store: &'a Store,
    pub actor: Actor,
    pub now: Timestamp,
}

/// The properties of a new user.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub name: UserName,
    pub role: Role,
    pub scope: Scope,
    pub is_break_glass: bool,
}

impl Accounts<'_> {
    /// Adds a user with an already hashed password.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn add(&self, new: NewUser, password_hash: String) -> Result<Outcome, AccountError> {
        let mut tx = self.store.write().await?;
        let added = self.add_within(&mut tx, new, Some(password_hash)).await?;
        if matches!(added, Outcome::Done(_)) {
            tx.commit().await?;
        }
        Ok(added.map(|_| ()))
    }

    /// Like [`Accounts::add`], in the caller's transaction. Without a password, the user can't sign in yet.
    ///
    /// # Errors
    /// As [`Accounts::add`]. The caller must not commit after an error or a mistake.
    pub async fn add_within(
        &self,
        tx: &mut Tx,
        new: NewUser,
        password_hash: Option<String>,
    ) -> Result<Outcome<User>, AccountError> {
        // The chain must not confuse a user with the server.
        if new.name.folded() == SERVER {
            return Ok(FormMistake::UserNameTaken.into());
        }
        let user = User {
            scope: new.scope,
            is_break_glass: new.is_break_glass,
            ..User::new(&new.name, new.role, password_hash)
        };
        if let Err(error) = users::insert(tx, &user, &new.name, self.now).await {
            let is_taken = error.is_unique_violation();
            return if is_taken { Ok(FormMistake::UserNameTaken.into()) } else { Err(error.into()) };
        }
        let event = AuditEvent { after: rights(&user), ..self.event(AuditAction::UserAdded, &user) };
        audit::append(tx, event).await?;
        Ok(Outcome::Done(user))
    }

    /// Sets role and scope, from the user's next request on.
    ///
    /// # Errors
    /// If there is no such user or the database cannot be written.
    pub async fn set_rights(&self, user_id: &str, role: Role, scope: Scope) -> Result<Outcome, AccountError> {
        let mut tx = self.store.write().await?;
        let before = users::find(&mut tx, user_id).await?.ok_or(AccountError::NotFound)?;
        if before.of_provider.is_some() {
            return Ok(FormMistake::UserOfProvider.into());
        }
        if before.role == Role::Admin && role != Role::Admin && !users::has_other_admin(&mut tx, user_id).await? {
            return Ok(FormMistake::LastAdmin.into());
        }
        let after = User { role, scope, ..before.clone() };
        users::set_rights(&mut tx, user_id, after.role, &after.scope).await?;
        let event = AuditEvent {
            before: rights(&before),
            after: rights(&after),
            ..self.event(AuditAction::UserRightsSet, &before)
        };
        audit::append(&mut tx, event).await?;
        self.commit(tx, user_id).await?;
        Ok(Outcome::Done(()))
    }

    /// Sets an already hashed password, and ends the user's sessions, delays and one-time link.
    ///
    /// # Errors
    /// If there is no such user or the database can't be written.
    pub async fn set_password(&self, user_id: &str, password_hash: &str) -> Result<Outcome, AccountError> {
        let mut tx = self.store.write().await?;
        let user = users::find(&mut tx, user_id).await?.ok_or(AccountError::NotFound)?;
        if user.of_provider.is_some() {
            return Ok(FormMistake::UserOfProvider.into());
        }
        self.set_password_within(&mut tx, &user, password_hash, "").await?;
        self.commit(tx, user_id).await?;
        Ok(Outcome::Done(()))
    }

    /// Like [`Accounts::set_password`], in the caller's transaction. `how` is recorded.
    async fn set_password_within(
        &self,
        tx: &mut Tx,
        user: &User,
        password_hash: &str,
        how: &str,
    ) -> Result<(), AccountError> {
        users::set_password(tx, &user.id, password_hash, self.now).await?;
        throttle::unlock(tx, &user.name).await?;
        let event = self.event(AuditAction::UserPasswordSet, user);
        audit::append(tx, AuditEvent { result: how.to_owned(), ..event }).await?;
        Ok(())
    }

    /// Sets the password of the acting user, who has just entered the current one in this session, and ends all of the
    /// user's sessions. If the password or the session was revoked meanwhile, the entered password counts as wrong.
    ///
    /// # Errors
    /// If there is no such user or the database cannot be written.
    pub async fn set_own_password(
        &self,
        verified: &User,
        session: &str,
        password_hash: &str,
    ) -> Result<Outcome, AccountError> {
        let mut tx = self.store.write().await?;
        let user = users::find(&mut tx, &verified.id).await?.ok_or(AccountError::NotFound)?;
        let is_as_it_was = user.disabled_at.is_none() && user.password_hash == verified.password_hash;
        if !is_as_it_was || !sessions_table::revoke_one(&mut tx, &user.id, session, self.now).await? {
            return Ok(FormMistake::PasswordWrong.into());
        }
        self.set_password_within(&mut tx, &user, password_hash, "").await?;
        self.commit(tx, &user.id).await?;
        Ok(Outcome::Done(()))
    }

    /// Commits a change of a user's rights. The user's sessions remembered before it are no longer valid, and open
    /// connections look theirs up at once.
    async fn commit(&self, tx: Tx, user_id: &str) -> Result<(), AccountError> {
        tx.commit().await?;
        self.store.forget_sessions_of(user_id);
        Ok(())
    }

    /// Disables a user and ends their sessions.
    ///
    /// # Errors
    /// If there is no such user or the database cannot be written.
    pub async fn disable(&self, user_id: &str) -> Result<Outcome, AccountError> {
        let mut tx = self.store.write().await?;
        let user = users::find(&mut tx, user_id).await?.ok_or(AccountError::NotFound)?;
        // The provider names others as administrators.
        let is_local_admin = user.role == Role::Admin && user.of_provider.is_none();
        if is_local_admin && !users::has_other_admin(&mut tx, user_id).await? {
            return Ok(FormMistake::LastAdmin.into());
        }
        if user.disabled_at.is_some() {
            return Ok(Outcome::Done(()));
        }
        users::disable(&mut tx, user_id, self.now).await?;
        let event = AuditEvent {
            before: "active".to_owned(),
            after: "disabled".to_owned(),
            ..self.event(AuditAction::UserDisabled, &user)
        };
        audit::append(&mut tx, event).await?;
        self.commit(tx, user_id).await?;
        Ok(Outcome::Done(()))
    }

    /// Allows a disabled user to sign in again, and ends the delays that failed attempts brought.
    ///
    /// # Errors
    /// If there is no such user or the database can't be written.
    pub async fn enable(&self, user_id: &str) -> Result<(), AccountError> {
        let mut tx = self.store.write().await?;
        let user = users::find(&mut tx, user_id).await?.ok_or(AccountError::NotFound)?;
        if user.disabled_at.is_none() {
            drop(tx);
            return self.unlock(user_id).await;
        }
        users::enable(&mut tx, user_id).await?;
        throttle::unlock(&mut tx, &user.name).await?;
        let event = AuditEvent {
            before: "disabled".to_owned(),
            after: "active".to_owned(),
            ..self.event(AuditAction::UserEnabled, &user)
        };
        audit::append(&mut tx, event).await?;
        self.commit(tx, user_id).await
    }

    /// Returns until when failed attempts delay sign-ins as this user, in the network where the delay is longest;
    /// `None` if they don't.
    ///
    /// # Errors
    /// If the database can't be read.
    pub async fn locked_until(&self, user_name: &str) -> Result<Option<Timestamp>, StoreError> {
        throttle::locked_until(self.store, user_name, self.now).await
    }

    /// Ends the delays that failed attempts to sign in as this user brought, from every network.
    ///
    /// # Errors
    /// If there is no such user or the database can't be written.
    pub async fn unlock(&self, user_id: &str) -> Result<(), AccountError> {
        let mut tx = self.store.write().await?;
        let user = users::find(&mut tx, user_id).await?.ok_or(AccountError::NotFound)?;
        if throttle::unlock(&mut tx, &user.name).await? {
            audit::append(&mut tx, self.event(AuditAction::UserUnlocked, &user)).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    fn event(&self, action: AuditAction, user: &User) -> AuditEvent {
        AuditEvent::by(&self.actor, self.now, action, &user.name)
    }
}

/// Returns a user's rights, as written to the audit chain.
fn rights(user: &User) -> String {
    let emergencies = if user.is_break_glass { ", for emergencies" } else { "" };
    format!("{}, scope {}{emergencies}", user.role, user.scope)
}

/// Checks a new password for this user.
///
/// # Errors
/// Returns the mistake if the password isn't allowed.
pub fn check_new_password(password: &SecretString, user: &UserName) -> Result<(), FormMistake> {
    new_password::check(password.expose_secret(), user)
}
