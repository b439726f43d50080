//! An audit event: who did what, when, why, from where, with what result.

use serde::Serialize;

use super::{
    actor::Actor,
    audit_action::{AuditAction, StoredAction},
};
use crate::model::time::Timestamp;

/// The actor of events that the server causes itself. No user can have this name.
pub const SERVER: &str = "keystream";
/// The target of attempts to sign in under a name that no user has. No user can have this name.
pub const UNKNOWN_USER: &str = "unknown user";
/// The target of attempts to sign in under what can't be a name. No user can have this name.
pub const NOT_A_USER_NAME: &str = "not a user name";
/// The target of attempts to sign in with the company's provider of which the person isn't known. No user can have this
/// name.
pub const COMPANY_SIGN_IN: &str = "company sign-in";

/// One event. Fields that don't apply are empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditEvent {
    pub at: Timestamp,
    /// The user's name, or `keystream` for the server itself.
    pub actor: String,
    /// The client's address.
    pub address: String,
    pub user_agent: String,
    pub action: StoredAction,
    /// What was acted on: an ARN, a user's name.
    pub target: String,
    pub reason: String,
    pub before: String,
    pub after: String,
    pub aws_request_id: String,
    pub result: String,
}

/// An event and its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditRow {
    pub seq: i64,
    pub prev_hash: String,
    pub hash: String,
    #[serde(flatten)]
    pub event: AuditEvent,
}

impl AuditEvent {
    /// Creates an event caused by a user.
    pub fn by(actor: &Actor, at: Timestamp, action: AuditAction, target: &str) -> Self {
        Self {
            at,
            actor: actor.name.clone(),
            address: actor.address.clone(),
            user_agent: actor.user_agent.clone(),
            action: action.into(),
            target: target.to_owned(),
            reason: String::new(),
            before: String::new(),
            after: String::new(),
            aws_request_id: String::new(),
            result: String::new(),
        }
    }

    /// Creates an event caused by the server itself.
    pub fn by_server(at: Timestamp, action: AuditAction, target: &str) -> Self {
        let server = Actor { name: SERVER.to_owned(), ..Actor::default() };
        Self::by(&server, at, action, target)
    }
}
