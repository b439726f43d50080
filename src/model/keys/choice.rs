//! A key that the form of an enable offers.

use serde::{Deserialize, Serialize};

use super::KeyFacts;

/// A key as the form of an enable lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyChoice {
    /// What to fill in: an alias where the key has one, else the key's ARN.
    pub fill_in: String,
    pub aliases: Vec<String>,
    /// The key's id; empty for AWS's key for Kinesis before its first use.
    pub id: String,
    pub facts: Option<KeyFacts>,
    /// Whether KMS rotates it every year, where it could be read.
    pub is_rotated: Option<bool>,
    /// Why Kinesis cannot use it, or why it could not be looked at.
    pub problem: Option<String>,
}
