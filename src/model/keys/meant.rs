//! The key that a name has resolved to.

use serde::{Deserialize, Serialize};

use super::KeyArn;
use crate::model::time::Timestamp;

/// A key that a name resolved to. An alias may be re-pointed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meant {
    pub arn: KeyArn,
    /// When KMS first said so; `None` if that wasn't stored.
    pub seen_from: Option<Timestamp>,
}
