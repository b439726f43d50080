//! The keys that the form of an enable offers.

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
    /// Why Kinesis can't use it, or why it couldn't be looked up.
    pub problem: Option<KeyProblem>,
}

/// Why Kinesis can't use a key, or why the key couldn't be looked up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyProblem {
    /// Its name has none of the forms that AWS accepts.
    NoForm,
    Unusable(Unusable),
    /// Its state couldn't be read.
    Unseen(Unseen),
}

/// A page of the keys of an account and Region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyList {
    pub search: String,
    /// The page number, from 1.
    pub page: u32,
    pub pages: u32,
    pub found: u32,
    /// Names that the field suggests while the user types.
    pub names: Vec<String>,
    pub choices: Vec<KeyChoice>,
    /// Why the list is empty or incomplete.
    pub problem: Option<KeyListProblem>,
}

/// Why a list of keys is empty or incomplete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyListProblem {
    /// The target has no KMS to ask.
    NoKms,
    /// KMS didn't answer within 2 s.
    NoAnswer,
    Failed {
        why: String,
    },
    /// Keys without an alias are missing.
    NoKeys {
        why: String,
    },
}
