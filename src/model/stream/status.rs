//! AWS's status of a stream.

use std::fmt;

use serde::{Deserialize, Serialize};

/// AWS's `StreamStatus`, an open enum: what is not known here is kept as AWS wrote it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum StreamStatus {
    Creating,
    Deleting,
    Active,
    Updating,
    /// A status that AWS added after this was written.
    Other(String),
}

impl StreamStatus {
    /// AWS's own word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Creating => "CREATING",
            Self::Deleting => "DELETING",
            Self::Active => "ACTIVE",
            Self::Updating => "UPDATING",
            Self::Other(word) => word,
        }
    }
}

impl From<String> for StreamStatus {
    fn from(word: String) -> Self {
        match word.as_str() {
            "CREATING" => Self::Creating,
            "DELETING" => Self::Deleting,
            "ACTIVE" => Self::Active,
            "UPDATING" => Self::Updating,
            _ => Self::Other(word),
        }
    }
}

impl From<StreamStatus> for String {
    fn from(status: StreamStatus) -> Self {
        status.as_str().to_owned()
    }
}

impl fmt::Display for StreamStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
