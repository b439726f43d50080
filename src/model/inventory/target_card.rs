//! How pages name a target.

use serde::{Deserialize, Serialize};

/// A target as pages name it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetCard {
    pub name: Option<String>,
    pub is_production: bool,
}
