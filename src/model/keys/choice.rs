//! The keys that the enable form offers.

use serde::{Deserialize, Serialize};

use super::KeyFacts;

/// A key in the enable form's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyChoice {
    /// The value to fill in: an alias if the key has one, else its ARN.
    pub fill_in: String,
    pub aliases: Vec<String>,
    /// The key's id; empty for AWS's key for Kinesis before its first use.
    pub id: String,
    pub facts: Option<KeyFacts>,
    /// Whether KMS rotates it yearly, if that could be read.
    pub is_rotated: Option<bool>,
    /// Why Kinesis can't use it, or why it couldn't be read.
    pub problem: Option<String>,
}
