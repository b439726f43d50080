//! Why Kinesis can't encrypt a stream with a key.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::model::{
    stream::{StreamArn, encryption::KeyId},
    time::Timestamp,
};

/// The prefix of aliases of keys that AWS creates and manages.
const AWS_ALIAS: &str = "alias/aws/";

/// Why Kinesis can't encrypt a stream with a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Error)]
pub enum Unusable {
    #[error("{key} is disabled")]
    Disabled { key: String },
    #[error("{key} is pending deletion{}", on(*.at))]
    PendingDeletion { key: String, at: Option<Timestamp> },
    /// In another state, described in words.
    #[error("{key} is {state}")]
    NotEnabled { key: String, state: String },
    #[error("{key} is {spec} for {usage}; Kinesis takes symmetric keys for ENCRYPT_DECRYPT only")]
    NotSymmetric { key: String, spec: String, usage: String },
    #[error("it is of {region}, and a stream takes keys of its own Region only")]
    OtherRegion { region: String },
    #[error("it is of another partition of AWS")]
    OtherPartition,
    #[error("AWS manages it for another of its services")]
    OfOtherService,
    #[error("KMS does not find it in this account and Region")]
    Missing,
}

fn on(at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| format!(", and goes on {}", at.date()))
}

/// Checks a key for a stream by its name alone, without asking KMS.
///
/// # Errors
/// Why it is unusable.
pub fn usable_by_name(key: &KeyId, stream: &StreamArn) -> Result<(), Unusable> {
    let text = key.as_str();
    if let Some(rest) = text.strip_prefix("arn:") {
        let mut parts = rest.split(':');
        let (partition, _, region) = (parts.next(), parts.next(), parts.next().unwrap_or_default());
        if partition != Some(stream.partition.as_str()) {
            return Err(Unusable::OtherPartition);
        }
        if region != stream.region.as_str() {
            return Err(Unusable::OtherRegion { region: region.to_owned() });
        }
    }
    let alias = text.rsplit_once(":alias/").map_or_else(|| text.to_owned(), |(_, name)| format!("alias/{name}"));
    if alias.starts_with(AWS_ALIAS) && alias != "alias/aws/kinesis" { Err(Unusable::OfOtherService) } else { Ok(()) }
}
