//! The keys that a name resolved to.

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

impl Meant {
    /// `key/1234…9012 since 22 Nov 14:02 UTC`.
    pub fn words(&self) -> String {
        let since = self.seen_from.map_or_else(String::new, |at| format!(" since {}", at.day_and_minute()));
        format!("{}{since}", self.arn.short())
    }
}
