//! Roles and scopes in the columns of several tables.

use super::StoreError;
use crate::model::access::{identity::Role, scope::Scope};

/// Parses the role in a column.
pub(super) fn parse_role(word: &str) -> Result<Role, StoreError> {
    word.parse().map_err(|_| StoreError::UnknownValue(format!("role {word}")))
}

/// Parses the scope in a column.
pub(super) fn parse_scope(text: &str) -> Result<Scope, StoreError> {
    Scope::parse(text).map_err(|_| StoreError::UnknownValue(format!("scope {text}")))
}
