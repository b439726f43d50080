//! A key that the form of an enable offers.

use serde::{Deserialize, Serialize};

use super::{KeyFacts, Unseen, Unusable};

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
    /// Why Kinesis cannot use it, or why it could not be looked at.
    pub problem: Option<KeyProblem>,
}

/// Why Kinesis cannot use a key, or why the key could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyProblem {
    /// Its name is in none of the forms that AWS takes.
    NoForm,
    Unusable(Unusable),
    /// Its state could not be read.
    Unseen(Unseen),
}

/// A page of the keys of an account and Region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyList {
    pub search: String,
    /// From 1.
    pub page: u32,
    pub pages: u32,
    pub found: u32,
    /// Names that the field offers while somebody types.
    pub names: Vec<String>,
    pub choices: Vec<KeyChoice>,
    /// Why the list is empty or not whole.
    pub problem: Option<KeyListProblem>,
}

/// Why a list of keys is empty or not whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyListProblem {
    /// The target has no KMS to ask.
    NoKms,
    /// KMS did not answer within 2 s.
    NoAnswer,
    Failed {
        why: String,
    },
    /// Keys without an alias are missing.
    NoKeys {
        why: String,
    },
}
