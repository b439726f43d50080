//! The table of users.

use super::{
    Store, StoreError, Tx,
    database::{execute, fetch, from_row},
    rights::{parse_role, parse_scope},
};
use crate::{
    model::{
        access::{
            credentials::UserName,
            identity::Role,
            provider::{ProviderName, ProviderSubject},
            scope::Scope,
            user_card::UserCard,
        },
        time::Timestamp,
    },
    server::adapters::random,
};

/// A person who may sign in.
#[derive(Debug, Clone)]
pub struct User {
    pub id: String,
    pub name: String,
    pub role: Role,
    pub password_hash: Option<String>,
    pub is_demo: bool,
    /// The account for emergencies.
    pub is_break_glass: bool,
    pub scope: Scope,
    /// Who this is at the company's provider; `None` for local accounts.
    pub of_provider: Option<ProviderSubject>,
    /// Since when the company's provider has had no rights for this user.
    pub rights_ended_at: Option<Timestamp>,
    pub disabled_at: Option<Timestamp>,
}

impl User {
    /// A new user who reaches every stream.
    pub fn new(name: &UserName, role: Role, password_hash: Option<String>) -> Self {
        Self {
            id: random::id(),
            name: name.as_str().to_owned(),
            role,
            password_hash,
            is_demo: false,
            is_break_glass: false,
            scope: Scope::everything(),
            of_provider: None,
            rights_ended_at: None,
            disabled_at: None,
        }
    }

    /// A new user who signs in with the company's provider.
    pub fn new_of_provider(name: &ProviderName, subject: &ProviderSubject, role: Role, scope: Scope) -> Self {
        Self {
            id: random::id(),
            name: name.as_str().to_owned(),
            role,
            password_hash: None,
            is_demo: false,
            is_break_glass: false,
            scope,
            of_provider: Some(subject.clone()),
            rights_ended_at: None,
            disabled_at: None,
        }
    }

    /// The user as administrators see it.
    pub fn card(&self) -> UserCard {
        UserCard {
            id: self.id.clone(),
            name: self.name.clone(),
            role: self.role,
            scope: self.scope.to_string(),
            is_break_glass: self.is_break_glass,
            is_of_provider: self.of_provider.is_some(),
            rights_ended_at: self.rights_ended_at,
            disabled_at: self.disabled_at,
        }
    }
}

pub(super) struct UserRow {
    id: String,
    name: String,
    role: String,
    password_hash: Option<String>,
    is_demo: i64,
    is_break_glass: i64,
    scope: String,
    issuer: Option<String>,
    subject: Option<String>,
    rights_ended_at: Option<i64>,
    disabled_at: Option<i64>,
}
from_row!(UserRow {
    id,
    name,
    role,
    password_hash,
    is_demo,
    is_break_glass,
    scope,
    issuer,
    subject,
    rights_ended_at,
    disabled_at
});

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            name: row.name,
            role: parse_role(&row.role)?,
            password_hash: row.password_hash,
            is_demo: row.is_demo != 0,
            is_break_glass: row.is_break_glass != 0,
            scope: parse_scope(&row.scope)?,
            of_provider: row.issuer.zip(row.subject).map(|(issuer, subject)| ProviderSubject { issuer, subject }),
            rights_ended_at: row.rights_ended_at.map(Timestamp::from_millis),
            disabled_at: row.disabled_at.map(Timestamp::from_millis),
        })
    }
}

impl Store {
    /// # Errors
    /// When the database cannot be read.
    pub async fn user(&self, id: &str) -> Result<Option<User>, StoreError> {
        let row = fetch!(optional as UserRow, &self.reader, "SELECT * FROM users WHERE id = $1", id)?;
        row.map(User::try_from).transpose()
    }

    /// # Errors
    /// When the database cannot be read.
    pub async fn user_by_name(&self, name: &UserName) -> Result<Option<User>, StoreError> {
        self.user_named(name.as_str()).await
    }

    /// The user whose name this is, without regard to case.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn user_named(&self, name: &str) -> Result<Option<User>, StoreError> {
        let folded = name.to_lowercase();
        let row = fetch!(optional as UserRow, &self.reader, "SELECT * FROM users WHERE folded_name = $1", folded)?;
        row.map(User::try_from).transpose()
    }

    /// All users, by name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn users(&self) -> Result<Vec<User>, StoreError> {
        let rows = fetch!(all as UserRow, &self.reader, "SELECT * FROM users ORDER BY folded_name")?;
        rows.into_iter().map(User::try_from).collect()
    }

    /// Whether there is any user, apart from the demo's.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn has_users(&self) -> Result<bool, StoreError> {
        let (count,) = fetch!(one as (i64,), &self.reader, "SELECT COUNT(*) FROM users")?;
        Ok(count > 0)
    }

    /// Whether the demo created the database.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn has_demo_users(&self) -> Result<bool, StoreError> {
        let (count,) = fetch!(one as (i64,), &self.reader, "SELECT COUNT(*) FROM users WHERE is_demo <> 0")?;
        Ok(count > 0)
    }
}

/// Adds a user. A taken name is a unique violation.
///
/// # Errors
/// When the name is taken or the database cannot be written.
pub async fn insert(tx: &mut Tx, user: &User, name: &UserName, now: Timestamp) -> Result<(), StoreError> {
    insert_as(tx, user, &name.folded(), now).await
}

pub(super) async fn insert_as(tx: &mut Tx, user: &User, folded_name: &str, now: Timestamp) -> Result<(), StoreError> {
    execute!(
        tx.on(),
        "INSERT INTO users
         (id, name, folded_name, role, password_hash, is_demo, is_break_glass, scope, issuer, subject, disabled_at,
          created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NULL, $11)",
        &user.id,
        &user.name,
        folded_name,
        user.role.into_str(),
        &user.password_hash,
        i64::from(user.is_demo),
        i64::from(user.is_break_glass),
        user.scope.to_string(),
        user.of_provider.as_ref().map(|of| of.issuer.as_str()),
        user.of_provider.as_ref().map(|of| of.subject.as_str()),
        now.as_millis(),
    )?;
    Ok(())
}

/// Whether there are no users, as this transaction sees it.
///
/// # Errors
/// When the database cannot be read.
pub async fn is_empty(tx: &mut Tx) -> Result<bool, StoreError> {
    let (count,) = fetch!(one as (i64,), tx.on(), "SELECT COUNT(*) FROM users")?;
    Ok(count == 0)
}

/// Sets a user's password, and ends all of that user's sessions and the link with which to set another.
///
/// # Errors
/// When the database cannot be written.
pub async fn set_password(tx: &mut Tx, user_id: &str, password_hash: &str, now: Timestamp) -> Result<(), StoreError> {
    execute!(tx.on(), "UPDATE users SET password_hash = $1 WHERE id = $2", password_hash, user_id)?;
    super::password_links::revoke_of(tx, user_id, now).await?;
    super::sessions::revoke_all(tx, user_id, now).await
}

/// Disables a user, and ends all of that user's sessions and the link with which to set a password. Users are never
/// deleted: records of what they did name them.
///
/// # Errors
/// When the database cannot be written.
pub async fn disable(tx: &mut Tx, user_id: &str, now: Timestamp) -> Result<(), StoreError> {
    execute!(
        tx.on(),
        "UPDATE users SET disabled_at = $1 WHERE id = $2 AND disabled_at IS NULL",
        now.as_millis(),
        user_id
    )?;
    super::password_links::revoke_of(tx, user_id, now).await?;
    super::sessions::revoke_all(tx, user_id, now).await
}

/// Lets a disabled user sign in again.
///
/// # Errors
/// When the database cannot be written.
pub async fn enable(tx: &mut Tx, user_id: &str) -> Result<(), StoreError> {
    execute!(tx.on(), "UPDATE users SET disabled_at = NULL WHERE id = $1", user_id)?;
    Ok(())
}

/// Sets a user's role and scope. They apply from the next request on, and identities have to be confirmed again.
///
/// # Errors
/// When the database cannot be written.
pub async fn set_rights(tx: &mut Tx, user_id: &str, role: Role, scope: &Scope) -> Result<(), StoreError> {
    execute!(
        tx.on(),
        "UPDATE users SET role = $1, scope = $2, rights_ended_at = NULL WHERE id = $3",
        role.into_str(),
        scope.to_string(),
        user_id
    )?;
    execute!(tx.on(), "UPDATE sessions SET sudo_until = NULL WHERE user_id = $1", user_id)?;
    Ok(())
}

/// A user as this transaction sees it.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(tx: &mut Tx, user_id: &str) -> Result<Option<User>, StoreError> {
    let row = fetch!(optional as UserRow, tx.on(), "SELECT * FROM users WHERE id = $1", user_id)?;
    row.map(User::try_from).transpose()
}

/// Whether an administrator other than this one can sign in.
///
/// # Errors
/// When the database cannot be read.
pub async fn has_other_admin(tx: &mut Tx, user_id: &str) -> Result<bool, StoreError> {
    let (count,) = fetch!(
        one as (i64,),
        tx.on(),
        "SELECT COUNT(*) FROM users WHERE role = 'admin' AND disabled_at IS NULL AND password_hash IS NOT NULL AND id \
        <> $1",
        user_id,
    )?;
    Ok(count > 0)
}
