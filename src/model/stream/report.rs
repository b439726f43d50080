//! The result of one read of a stream.

use serde::{Deserialize, Serialize};

use super::{
    StreamArn, StreamStatus,
    encryption::{EncryptionReport, KeyId},
};
use crate::model::{keys::KeyArn, time::Timestamp};

/// One answer of `DescribeStreamSummary`, with the times around the read.
///
/// Source: Kinesis service model, `StreamDescriptionSummary`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamReport {
    pub arn: StreamArn,
    pub status: StreamStatus,
    pub encryption: EncryptionReport,
    /// When the stream was created, according to AWS. Distinguishes it from a later one of the same name.
    pub created: Timestamp,
    /// AWS's `RetentionPeriodHours`: how long records stay readable.
    pub retention_hours: i32,
    pub open_shards: i32,
    /// AWS's `StreamMode`, `PROVISIONED` or `ON_DEMAND`, if it was given.
    pub mode: Option<String>,
    /// Registered consumers (enhanced fan-out), if the count was given.
    pub consumers: Option<i32>,
    /// The key that the KeyId resolved to, if KMS was asked.
    #[serde(default)]
    pub key_arn: Option<Box<KeyArn>>,
    /// When the read was requested. It is evidence only from this time on.
    pub asked_at: Timestamp,
    /// When AWS's answer arrived: what the page calls the time of the read.
    pub read_at: Timestamp,
}

impl StreamReport {
    /// Returns the key as AWS reports it, if the stream is encrypted and a KeyId was given.
    pub fn key(&self) -> Option<&KeyId> {
        match &self.encryption {
            EncryptionReport::Encrypted(key) => key.as_ref(),
            EncryptionReport::NotEncrypted | EncryptionReport::Unstated(_) => None,
        }
    }
}

/// Creation times that differ by less than this are the same: `ListStreams` and `DescribeStreamSummary` may round
/// differently.
const CREATION_ROUNDING_MS: i64 = 1_000;

/// Returns whether two reported creation times belong to one stream rather than two with the same name.
pub const fn is_same_creation(one: Timestamp, other: Timestamp) -> bool {
    one.millis_since(other).saturating_abs() < CREATION_ROUNDING_MS
}
