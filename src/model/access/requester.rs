//! The signed-in person behind a request.

use thiserror::Error;

use super::{
    actor::Actor,
    identity::{Permission, Role},
    scope::Scope,
};
use crate::model::time::Timestamp;

/// A signed-in person, as the session said when the request came.
#[derive(Debug, Clone)]
pub struct Requester {
    pub user_id: String,
    pub user_name: String,
    pub role: Role,
    /// The streams that there are for this person.
    pub scope: Scope,
    pub address: String,
    pub user_agent: String,
    /// SHA-256 of the session's id.
    pub session_hash: String,
    pub signed_in_at: Timestamp,
    pub last_human_at: Timestamp,
    /// Until when the person counts as having just entered the password.
    pub sudo_until: Option<Timestamp>,
    /// When an emergency account last signed in, if ever lately.
    pub break_glass_at: Option<Timestamp>,
    /// The database did not answer, and the session counts as it did a moment before: good for looking, not for
    /// changing.
    pub is_remembered: bool,
}

/// The session is one that is remembered: nothing may be changed in its person's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the database did not answer when it was asked who this is")]
pub struct Uncertain;

impl Requester {
    /// Whether the database has just said who this is.
    ///
    /// # Errors
    /// When it has not.
    pub const fn require_certain(&self) -> Result<(), Uncertain> {
        if self.is_remembered { Err(Uncertain) } else { Ok(()) }
    }

    /// Whether the password was entered lately enough for an act that asks for it.
    pub fn has_fresh_identity(&self, now: Timestamp) -> bool {
        self.sudo_until.is_some_and(|until| now < until)
    }

    /// Whether the whole audit chain is shown to this person.
    pub fn sees_whole_audit(&self) -> bool {
        self.role.may(Permission::Audit) && self.scope.is_everything()
    }

    /// As the audit chain names this person.
    pub fn actor(&self) -> Actor {
        Actor { name: self.user_name.clone(), address: self.address.clone(), user_agent: self.user_agent.clone() }
    }
}
