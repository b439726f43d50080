//! How a call names its stream.

use crate::model::stream::{StreamArn, StreamName};

/// How a call names its stream: by ARN, or by name while the account isn't known or if the configuration says so.
#[derive(Debug, Clone)]
pub enum StreamRef {
    Arn(StreamArn),
    Name(StreamName),
}

impl StreamRef {
    /// `StreamARN` and `StreamName` of a call, one of which is set.
    pub fn arn_and_name(&self) -> (Option<String>, Option<String>) {
        match self {
            Self::Arn(arn) => (Some(arn.to_string()), None),
            Self::Name(name) => (None, Some(name.to_string())),
        }
    }
}
