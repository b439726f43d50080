//! The key that a name was seen to mean.

use serde::{Deserialize, Serialize};

use super::KeyArn;
use crate::model::time::Timestamp;

/// A key that a name was seen to mean: an alias may be re-pointed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meant {
    pub arn: KeyArn,
    /// When KMS first said so; `None` where that was not kept.
    pub seen_from: Option<Timestamp>,
}
