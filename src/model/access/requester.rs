//! The signed-in user behind a request.

use thiserror::Error;

use super::{
    actor::Actor,
    identity::{Permission, Role},
    scope::Scope,
};
use crate::model::time::Timestamp;

/// A signed-in user, as the session described them when the request arrived.
#[derive(Debug, Clone)]
pub struct Requester {
    pub user_id: String,
    pub user_name: String,
    pub role: Role,
    /// The streams that this user can see.
    pub scope: Scope,
    pub address: String,
    pub user_agent: String,
    /// SHA-256 of the session's id.
    pub session_hash: String,
    pub signed_in_at: Timestamp,
    pub last_human_at: Timestamp,
    /// Until when the last password entry counts as recent.
    pub sudo_until: Option<Timestamp>,
    /// When a break-glass account last signed in, if that was recently.
    pub break_glass_at: Option<Timestamp>,
    /// Until when the rights count that the company's provider gave; `None` for local accounts.
    pub rights_until: Option<Timestamp>,
    /// Whether this comes from memory because the database didn't answer: good enough to view, not to change anything.
    pub is_remembered: bool,
}

/// The error for a session that comes from memory, so that nothing may be changed on its behalf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the database did not answer when it was asked who this is")]
pub struct Uncertain;

impl Requester {
    /// Checks that the database has just confirmed this session.
    ///
    /// # Errors
    /// If it hasn't.
    pub const fn require_certain(&self) -> Result<(), Uncertain> {
        if self.is_remembered { Err(Uncertain) } else { Ok(()) }
    }

    /// Returns whether the password was entered recently enough for an action that requires it.
    pub fn has_fresh_identity(&self, now: Timestamp) -> bool {
        self.sudo_until.is_some_and(|until| now < until)
    }

    /// Returns whether this user signs in with the company's provider, which has no password here.
    pub const fn is_of_provider(&self) -> bool {
        self.rights_until.is_some()
    }

    /// Returns whether this user can see the whole audit chain.
    pub fn sees_whole_audit(&self) -> bool {
        self.role.may(Permission::Audit) && self.scope.is_everything()
    }

    /// Returns this user as an actor in the audit chain.
    pub fn actor(&self) -> Actor {
        Actor { name: self.user_name.clone(), address: self.address.clone(), user_agent: self.user_agent.clone() }
    }
}
