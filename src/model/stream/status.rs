//! AWS's status of a stream.

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, Display, EnumString};

/// AWS's `StreamStatus`, an open enum: unknown values are kept as AWS wrote them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, AsRefStr, Display, EnumString)]
#[serde(from = "String", into = "String")]
#[strum(serialize_all = "UPPERCASE")]
pub enum StreamStatus {
    Creating,
    Deleting,
    Active,
    Updating,
    /// A status unknown to this version.
    #[strum(default, transparent)]
    Other(String),
}

impl StreamStatus {
    /// Returns AWS's own word.
    pub fn as_str(&self) -> &str {
        self.as_ref()
    }
}

impl From<String> for StreamStatus {
    fn from(word: String) -> Self {
        Self::from(word.as_str())
    }
}

impl From<StreamStatus> for String {
    fn from(status: StreamStatus) -> Self {
        status.as_str().to_owned()
    }
}
