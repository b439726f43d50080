//! Role and scope, as the columns of several tables hold them.

use super::StoreError;
use crate::model::access::{identity::Role, scope::Scope};

/// The role of a column.
pub(super) fn parse_role(word: &str) -> Result<Role, StoreError> {
    word.parse().map_err(|_| StoreError::UnknownValue(format!("role {word}")))
}

/// A scope as the table has it.
pub(super) fn parse_scope(text: &str) -> Result<Scope, StoreError> {
    Scope::parse(text).map_err(|_| StoreError::UnknownValue(format!("scope {text}")))
}
