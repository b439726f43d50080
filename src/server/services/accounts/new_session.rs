//! What a session begins with.

use serde::{Deserialize, Serialize};

use crate::{
    model::{access::actor::Actor, time::Timestamp},
    server::{adapters::store::User, services::audit::AuditAction},
};

/// A sign-in whose session hasn't begun yet. Its row and its audit event are one transaction.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignIn {
    pub user_id: String,
    pub user_name: String,
    pub address: String,
    pub user_agent: String,
    pub is_break_glass: bool,
    /// The hash that the password was verified with. It must still be the user's when the session begins.
    pub password_hash: Option<String>,
    /// For people of the company's provider.
    pub of_provider: Option<ProviderRights>,
    pub how: How,
}

impl SignIn {
    /// Returns the sign-in of a user at a client.
    pub fn new(client: &Actor, user: User, of_provider: Option<ProviderRights>, how: How) -> Self {
        Self {
            user_id: user.id,
            user_name: user.name,
            address: client.address.clone(),
            user_agent: client.user_agent.clone(),
            is_break_glass: user.is_break_glass,
            password_hash: user.password_hash,
            of_provider,
            how,
        }
    }
}

/// What the company's provider said about a person at a sign-in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProviderRights {
    /// Until when the rights count.
    pub until: Timestamp,
    /// The hash of the provider's own session, if it names one.
    pub session_hash: Option<String>,
    /// When the person proved there who they are, if the provider says so.
    pub proven_at: Option<Timestamp>,
}

/// How a session begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    Password,
    /// By one of the demo's buttons.
    Demo,
    /// By re-authentication. The absolute limit stays that of the first sign-in.
    Again {
        signed_in_at: Timestamp,
    },
    /// At the company's provider.
    Provider,
    /// By re-authentication there.
    ProviderAgain {
        signed_in_at: Timestamp,
    },
}

impl How {
    pub(super) const fn action(self) -> AuditAction {
        match self {
            Self::Password | Self::Demo | Self::Provider => AuditAction::SessionSignedIn,
            Self::Again { .. } | Self::ProviderAgain { .. } => AuditAction::SessionConfirmed,
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Password | Self::Again { .. } => "by password",
            Self::Demo => "without a password (demo)",
            Self::Provider | Self::ProviderAgain { .. } => "by company sign-in",
        }
    }
}
