//! Why Kinesis can't encrypt a stream with a key.

use serde::{Deserialize, Serialize};

use super::KeyState;
use crate::model::{
    stream::{StreamArn, encryption::KeyId},
    time::Timestamp,
};

/// The prefix of aliases of keys that AWS creates and manages.
const AWS_ALIAS: &str = "alias/aws/";

/// Why Kinesis can't encrypt a stream with a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unusable {
    Disabled {
        key: String,
    },
    PendingDeletion {
        key: String,
        at: Option<Timestamp>,
    },
    /// In another state.
    NotEnabled {
        key: String,
        state: KeyState,
    },
    /// Kinesis accepts only symmetric keys for `ENCRYPT_DECRYPT`.
    NotSymmetric {
        key: String,
        spec: String,
        usage: String,
    },
    OtherRegion {
        region: String,
    },
    OtherPartition,
    OfOtherService,
    /// KMS doesn't find it in the stream's account and Region.
    Missing,
}

/// Checks that a key's name alone doesn't make it unusable for a stream; KMS isn't asked.
///
/// # Errors
/// Returns why it is unusable.
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
