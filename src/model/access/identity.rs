//! Who acts: roles and what each may do. The server's registry of endpoints and the pages ask the same questions here.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// A user's role.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Display, EnumString, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase", const_into_str)]
pub enum Role {
    /// Can view.
    Viewer,
    /// Can view, and change encryption.
    Operator,
    /// Can view, including the whole audit chain.
    Auditor,
    /// Can do everything, including managing users.
    Admin,
}

/// The permission that an endpoint requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Permission {
    /// Anyone, signed in or not.
    Public,
    /// Any signed-in user.
    View,
    /// Request changes of encryption.
    Change,
    /// See the whole audit chain, including everyone's sign-ins and addresses.
    Audit,
    /// Add and edit users.
    Administer,
}

impl Role {
    /// Returns whether a user with this role has the permission.
    pub const fn may(self, permission: Permission) -> bool {
        match permission {
            Permission::Public | Permission::View => true,
            Permission::Change => matches!(self, Self::Operator | Self::Admin),
            Permission::Audit => matches!(self, Self::Auditor | Self::Admin),
            Permission::Administer => matches!(self, Self::Admin),
        }
    }
}
