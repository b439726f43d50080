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
    /// KMS doesn't know it, in the stream's account and Region.
    Missing,
    /// It can't be seen from here, but may be usable all the same.
    Unseen(Unseen),
}

/// Why a key can't be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unseen {
    /// The target has no KMS to ask.
    NoKms,
    /// Its name belongs to another account, and KMS shows only keys of that account that are shared with this one.
    OfOtherAccount,
    /// KMS refused, or didn't answer.
    Failed { why: String },
}

impl KeyLook {
    /// Returns the key's ARN, if KMS returned it.
    pub const fn arn(&self) -> Option<&KeyArn> {
        match self {
            Self::Found(facts) => Some(&facts.arn),
            Self::Missing | Self::Unseen(_) => None,
        }
    }

    /// Returns whether records might need the key longer than it is there, whatever streams need it.
    pub fn may_endanger_records(&self) -> bool {
        match self {
            Self::Found(facts) => facts.endangers_records(None),
            Self::Missing => true,
            Self::Unseen(_) => false,
        }
    }

    /// Checks that Kinesis can encrypt with the requested key.
    ///
    /// A key that can't be seen isn't called unusable. AWS creates its own key for Kinesis at first use, so a missing
    /// one says nothing.
    ///
    /// # Errors
    /// Returns why it can't.
    pub fn usable(&self, asked: &KeyId, stream: &StreamArn) -> Result<(), Unusable> {
        usable_by_name(asked, stream)?;
        let facts = match self {
            Self::Found(facts) => facts,
            Self::Missing if asked.form() == Some(KeyIdForm::ServiceKey) => return Ok(()),
            Self::Missing => return Err(Unusable::Missing),
            Self::Unseen(_) => return Ok(()),
        };
        facts.usable()?;
        if facts.arn.region == stream.region {
            Ok(())
        } else {
            Err(Unusable::OtherRegion { region: facts.arn.region.to_string() })
        }
    }
}
