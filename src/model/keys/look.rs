//! KMS's answer about a key.

use serde::{Deserialize, Serialize};

use super::{KeyArn, KeyFacts, Unusable, usable_by_name};
use crate::model::stream::{
    StreamArn,
    encryption::{KeyId, KeyIdForm},
};

/// KMS's answer about a key, or that there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyLook {
    Found(KeyFacts),
    /// KMS does not know it, in the account and Region of the stream.
    Missing,
    /// It cannot be seen from here (another account, no permission, no answer): why. It may be a good key all the same.
    Unseen {
        why: String,
    },
}

impl KeyLook {
    /// The key's ARN, where KMS told it.
    pub const fn arn(&self) -> Option<&KeyArn> {
        match self {
            Self::Found(facts) => Some(&facts.arn),
            Self::Missing | Self::Unseen { .. } => None,
        }
    }

    /// Whether Kinesis can encrypt with what was asked for. A key that cannot be seen is not called unusable. AWS makes
    /// its key for Kinesis at the first use: that it is missing says nothing.
    ///
    /// # Errors
    /// The reason why it cannot.
    pub fn usable(&self, asked: &KeyId, stream: &StreamArn) -> Result<(), Unusable> {
        usable_by_name(asked, stream)?;
        let facts = match self {
            Self::Found(facts) => facts,
            Self::Missing if asked.form() == Some(KeyIdForm::ServiceKey) => return Ok(()),
            Self::Missing => return Err(Unusable::Missing),
            Self::Unseen { .. } => return Ok(()),
        };
        facts.usable()?;
        if facts.arn.region == stream.region {
            Ok(())
        } else {
            Err(Unusable::OtherRegion { region: facts.arn.region.to_string() })
        }
    }
}
