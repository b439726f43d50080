//! Descriptions of streams, from the SDK's types into Keystream's. A value that AWS can't mean counts as unreadable.

use std::ops::{Range, RangeInclusive};

use aws_sdk_kinesis::types::{StreamDescriptionSummary, StreamSummary};
use aws_smithy_types::DateTime;

use super::{failure::ReadFailure, port::ListedStream, said};
use crate::model::{
    stream::{StreamReport, StreamStatus, encryption::EncryptionReport},
    time::Timestamp,
};

/// Plausible retentions, in hours: AWS allows a day to a year, and ten years leave room.
const RETENTION_HOURS: RangeInclusive<i32> = 1..=10 * 365 * 24;
/// Plausible creation times, from 2010 (Kinesis began in 2013) to 2200.
const CREATION_MILLIS: Range<i64> = 1_262_304_000_000..7_258_118_400_000;

/// Fills in what a listing says about a stream besides its name.
pub fn fill_in(stream: &mut ListedStream, summary: &StreamSummary) {
    stream.arn = summary.stream_arn().parse().ok();
    stream.status = Some(StreamStatus::from(said::word(summary.stream_status().as_str())));
    stream.created = summary.stream_creation_timestamp().and_then(timestamp);
}

/// Converts a description. Encryption fields are optional in AWS's model; the rest is required. Where a required number
/// is missing, the SDK puts 0, which would read as "no longer needed"; where a time is missing, 1970, which would make
/// it another stream.
pub fn report(
    summary: &StreamDescriptionSummary,
    asked_at: Timestamp,
    read_at: Timestamp,
) -> Result<StreamReport, ReadFailure> {
    let unreadable = |what: &str| ReadFailure::other(format!("AWS's answer carries no {what} that can be read"));
    let arn = summary
        .stream_arn()
        .parse()
        .map_err(|_| ReadFailure::other("AWS's answer carries an ARN that is not a stream's"))?;
    let created = timestamp(summary.stream_creation_timestamp()).ok_or_else(|| unreadable("creation time"))?;
    let retention_hours = summary.retention_period_hours();
    if !RETENTION_HOURS.contains(&retention_hours) {
        return Err(unreadable("retention"));
    }
    let open_shards = summary.open_shard_count();
    if open_shards < 0 {
        return Err(unreadable("number of open shards"));
    }
    let encryption_type = summary.encryption_type().map(|word| said::word(word.as_str()));
    Ok(StreamReport {
        arn,
        status: StreamStatus::from(said::word(summary.stream_status().as_str())),
        encryption: EncryptionReport::from_aws(encryption_type.as_deref(), summary.key_id()),
        created,
        retention_hours,
        open_shards,
        mode: summary.stream_mode_details().map(|mode| said::word(mode.stream_mode().as_str())),
        consumers: summary.consumer_count().filter(|count| *count >= 0),
        key_arn: None,
        asked_at,
        read_at,
    })
}

/// A time at which a stream can have been created.
fn timestamp(time: &DateTime) -> Option<Timestamp> {
    time.to_millis().ok().filter(|millis| CREATION_MILLIS.contains(millis)).map(Timestamp::from_millis)
}
