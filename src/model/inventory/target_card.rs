//! How pages name a target.

use serde::{Deserialize, Serialize};

/// A target as pages name it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetCard {
    pub name: Option<String>,
    pub is_production: bool,
    /// No change is sent to its streams.
    pub is_read_only: bool,
}
