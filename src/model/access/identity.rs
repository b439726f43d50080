//! Who acts: roles and what each may do. The server's permission table and the pages ask the same questions here.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A user's role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks.
    Viewer,
    /// Looks and changes encryption.
    Operator,
    /// Looks, also at everything in the audit chain.
    Auditor,
    /// Does everything, users included.
    Admin,
}

/// What an entry of the permission table asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Permission {
    /// Anybody, signed in or not.
    Public,
    /// Any signed-in user.
    View,
    /// Start changes of encryption.
    Change,
    /// See everything in the audit chain: everybody's sign-ins and addresses too.
    Audit,
    /// Add users and change them.
    Administer,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Operator, Self::Auditor, Self::Admin];

    /// The word that `--role` and the header use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }

    /// The role of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// Whether a user of this role has the permission.
    pub const fn may(self, permission: Permission) -> bool {
        match permission {
            Permission::Public | Permission::View => true,
            Permission::Change => matches!(self, Self::Operator | Self::Admin),
            Permission::Audit => matches!(self, Self::Auditor | Self::Admin),
            Permission::Administer => matches!(self, Self::Admin),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
