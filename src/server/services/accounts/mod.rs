//! User management, for administrators and the command line. Each action is one transaction with its audit event.

pub mod network;
pub mod new_password;
pub mod passwords;
pub mod sessions;
pub mod setup;
pub mod sign_in;
pub mod throttle;

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use self::passwords::HashError;
use super::audit::{self, AuditAction, AuditEvent, SERVER};
use crate::{
    model::{
        access::{actor::Actor, credentials::UserName, identity::Role, scope::Scope},
        forms::FormMistake,
        time::Timestamp,
    },
    server::adapters::store::{Store, StoreError, Tx, User, sessions as sessions_table, users},
};

/// Why a user wasn't changed.
#[derive(Debug, Error)]
pub enum AccountError {
    #[error("mistake in the form: {0}")]
    Mistake(FormMistake),
    #[error("there is no such user")]
    NotFound,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("hashing failed: {0}")]
    Hash(#[from] HashError),
}

/// User management by someone, at a time.
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
    /// When the name is taken or the database can't be written.
    pub async fn add(&self, new: NewUser, password_hash: String) -> Result<(), AccountError> {
        let mut tx = self.store.write().await?;
        self.add_within(&mut tx, new, password_hash).await?;
        Ok(tx.commit().await?)
    }

    /// Like [`Accounts::add`], in the caller's transaction.
    ///
    /// # Errors
    /// Like [`Accounts::add`]; the caller must then not commit.
    pub async fn add_within(&self, tx: &mut Tx, new: NewUser, password_hash: String) -> Result<(), AccountError> {
        // The audit chain must not confuse a person with the server.
        if new.name.folded() == SERVER {
            return Err(AccountError::Mistake(FormMistake::UserNameTaken));
        }
        let user = User {
            scope: new.scope,
            is_break_glass: new.is_break_glass,
            ..User::new(&new.name, new.role, Some(password_hash))
        };
        if let Err(error) = users::insert(tx, &user, &new.name, self.now).await {
            let is_taken = error.is_unique_violation();
            return Err(if is_taken { AccountError::Mistake(FormMistake::UserNameTaken) } else { error.into() });
        }
        let event = AuditEvent { after: rights(&user), ..self.event(AuditAction::UserAdded, &user) };
        Ok(audit::append(tx, event).await?)
    }

    /// Sets role and scope, from the user's next request on.
    ///
    /// # Errors
    /// When there is no such user, no administrator would be left, or the database can't be written.
    pub async fn set_rights(&self, user_id: &str, role: Role, scope: Scope) -> Result<(), AccountError> {
        let mut tx = self.store.write().await?;
        let before = users::find(&mut tx, user_id).await?.ok_or(AccountError::NotFound)?;
        if before.role == Role::Admin && role != Role::Admin && !users::has_other_admin(&mut tx, user_id).await? {
            return Err(AccountError::Mistake(FormMistake::LastAdmin));
        }
        let after = User { role, scope, ..before.clone() };
        users::set_rights(&mut tx, user_id, after.role, &after.scope).await?;
        let event = AuditEvent {
            before: rights(&before),
            after: rights(&after),
            ..self.event(AuditAction::UserRightsSet, &before)
        };
        audit::append(&mut tx, event).await?;
        self.commit(tx).await
    }

    /// Sets an already hashed password, and ends the user's sessions.
    ///
    /// # Errors
    /// When there is no such user or the database can't be written.
    pub async fn set_password(&self, user_id: &str, password_hash: &str) -> Result<(), AccountError> {
        let mut tx = self.store.write().await?;
        let user = users::find(&mut tx, user_id).await?.ok_or(AccountError::NotFound)?;
        users::set_password(&mut tx, user_id, password_hash, self.now).await?;
        audit::append(&mut tx, self.event(AuditAction::UserPasswordSet, &user)).await?;
        self.commit(tx).await
    }

    /// Sets the password of the requester, who has just entered the current one in this session, and ends all of their
    /// sessions.
    ///
    /// # Errors
    /// When the password or the session was revoked meanwhile, or the database can't be written.
    pub async fn set_own_password(
        &self,
        verified: &User,
        session: &str,
        password_hash: &str,
    ) -> Result<(), AccountError> {
        let mut tx = self.store.write().await?;
        let user = users::find(&mut tx, &verified.id).await?.ok_or(AccountError::NotFound)?;
        let is_as_it_was = user.disabled_at.is_none() && user.password_hash == verified.password_hash;
        if !is_as_it_was || !sessions_table::revoke_one(&mut tx, &user.id, session, self.now).await? {
            return Err(AccountError::Mistake(FormMistake::PasswordWrong));
        }
        users::set_password(&mut tx, &user.id, password_hash, self.now).await?;
        audit::append(&mut tx, self.event(AuditAction::UserPasswordSet, &user)).await?;
        self.commit(tx).await
    }

    /// Commits a change that takes rights from a user. No earlier session is valid from memory any more.
    async fn commit(&self, tx: Tx) -> Result<(), AccountError> {
        tx.commit().await?;
        self.store.forget_sessions();
        Ok(())
    }

    /// Disables a user and ends their sessions.
    ///
    /// # Errors
    /// When there is no such user, no administrator would be left, or the database can't be written.
    pub async fn disable(&self, user_id: &str) -> Result<(), AccountError> {
        let mut tx = self.store.write().await?;
        let user = users::find(&mut tx, user_id).await?.ok_or(AccountError::NotFound)?;
        if user.role == Role::Admin && !users::has_other_admin(&mut tx, user_id).await? {
            return Err(AccountError::Mistake(FormMistake::LastAdmin));
        }
        if user.disabled_at.is_some() {
            return Ok(());
        }
        users::disable(&mut tx, user_id, self.now).await?;
        let event = AuditEvent {
            before: "active".to_owned(),
            after: "disabled".to_owned(),
            ..self.event(AuditAction::UserDisabled, &user)
        };
        audit::append(&mut tx, event).await?;
        self.commit(tx).await
    }

    /// Allows a disabled user to sign in again.
    ///
    /// # Errors
    /// When there is no such user or the database can't be written.
    pub async fn enable(&self, user_id: &str) -> Result<(), AccountError> {
        let mut tx = self.store.write().await?;
        let user = users::find(&mut tx, user_id).await?.ok_or(AccountError::NotFound)?;
        if user.disabled_at.is_none() {
            return Ok(());
        }
        users::enable(&mut tx, user_id).await?;
        let event = AuditEvent {
            before: "disabled".to_owned(),
            after: "active".to_owned(),
            ..self.event(AuditAction::UserEnabled, &user)
        };
        audit::append(&mut tx, event).await?;
        self.commit(tx).await
    }

    fn event(&self, action: AuditAction, user: &User) -> AuditEvent {
        AuditEvent::by(&self.actor, self.now, action, &user.name)
    }
}

/// A user's rights, as written to the audit chain.
fn rights(user: &User) -> String {
    let emergencies = if user.is_break_glass { ", for emergencies" } else { "" };
    format!("{}, scope {}{emergencies}", user.role, user.scope)
}

/// Checks a new password for this user.
///
/// # Errors
/// The mistake.
pub fn check_new_password(password: &SecretString, user: &UserName) -> Result<(), AccountError> {
    new_password::check(password.expose_secret(), user).map_err(AccountError::Mistake)
}
