//! Records of streams through the SDK.

use async_trait::async_trait;
use aws_sdk_kinesis::{
    primitives::Blob,
    types::{
        EncryptionType, PutRecordsRequestEntry, PutRecordsResultEntry, Record, ShardFilter, ShardFilterType,
        ShardIteratorType,
    },
};
use aws_smithy_types::DateTime;

use super::{
    ReadFailure, StreamRef,
    kinesis::SdkKinesis,
    records::{Look, Mark, Put, Records, Shard, ShardPage},
    said,
};
use crate::model::time::Timestamp;

/// How many records a look at a tip fetches: the type of one is enough.
const LOOKED_AT: i32 = 25;

#[async_trait]
impl Records for SdkKinesis {
    async fn open_shards(&self, stream: &StreamRef, token: Option<&str>) -> Result<ShardPage, ReadFailure> {
        let call = self.client().list_shards();
        let call = match token {
            // AWS refuses a token together with a stream.
            Some(token) => call.next_token(token),
            None => {
                let (arn, name) = stream.arn_and_name();
                let open = ShardFilter::builder().r#type(ShardFilterType::AtLatest).build();
                let open = open.map_err(|error| ReadFailure::other(error.to_string()))?;
                call.set_stream_arn(arn).set_stream_name(name).shard_filter(open)
            }
        };
        let answer = self.calls().read("ListShards", call.send()).await?;
        // Servers that don't support the filter also list closed shards, which have a last sequence number.
        let is_open = |shard: &&aws_sdk_kinesis::types::Shard| {
            shard.sequence_number_range().is_none_or(|range| range.ending_sequence_number().is_none())
        };
        let shard = |shard: &aws_sdk_kinesis::types::Shard| Shard {
            id: said::word(shard.shard_id()),
            hash_key: shard.hash_key_range().map_or_else(String::new, |range| said::word(range.starting_hash_key())),
        };
        let shards = answer.shards().iter().filter(is_open).map(shard).collect();
        Ok(ShardPage { shards, next: answer.next_token().filter(|token| !token.is_empty()).map(ToOwned::to_owned) })
    }

    async fn put_marked(&self, stream: &StreamRef, mark: &Mark, shards: &[Shard]) -> Result<Put, ReadFailure> {
        let entry = |shard: &Shard| {
            PutRecordsRequestEntry::builder()
                .data(Blob::new(mark.text.as_bytes()))
                .partition_key(&mark.partition_key)
                .set_explicit_hash_key(Some(shard.hash_key.clone()).filter(|key| !key.is_empty()))
                .build()
        };
        let entries: Result<Vec<_>, _> = shards.iter().map(entry).collect();
        let entries = entries.map_err(|error| ReadFailure::other(error.to_string()))?;
        let (arn, name) = stream.arn_and_name();
        let call = self.client().put_records().set_stream_arn(arn).set_stream_name(name).set_records(Some(entries));
        let answer = self.calls().read("PutRecords", call.send()).await?;
        let record = |entry: &PutRecordsResultEntry| match (entry.error_code(), entry.shard_id()) {
            (None, Some(shard)) => Ok(said::word(shard)),
            (Some(code), _) => Err(said::sentence(
                entry.error_message().map_or_else(|| code.to_owned(), |message| format!("{code} ({message})")),
            )),
            (None, None) => Err("the answer names no shard".to_owned()),
        };
        Ok(Put {
            encryption_type: answer.encryption_type().map(|word| said::word(word.as_str())),
            records: answer.records().iter().map(record).collect(),
        })
    }

    async fn tip(&self, stream: &StreamRef, shard: &str) -> Result<String, ReadFailure> {
        let (arn, name) = stream.arn_and_name();
        let call = self.client().get_shard_iterator().set_stream_arn(arn).set_stream_name(name);
        let call = call.shard_id(shard).shard_iterator_type(ShardIteratorType::Latest);
        let answer = self.calls().read("GetShardIterator", call.send()).await?;
        answer.shard_iterator().map(ToOwned::to_owned).ok_or_else(|| ReadFailure::other("AWS's answer had no iterator"))
    }

    async fn look(&self, stream: &StreamRef, iterator: &str) -> Result<Look, ReadFailure> {
        let (arn, _) = stream.arn_and_name();
        let call = self.client().get_records().set_stream_arn(arn).shard_iterator(iterator).limit(LOOKED_AT);
        let answer = self.calls().read("GetRecords", call.send()).await?;
        let arrived = |record: &Record| {
            record
                .approximate_arrival_timestamp()
                .and_then(|at: &DateTime| at.to_millis().ok())
                .map(Timestamp::from_millis)
        };
        let seen = |record: &Record| {
            (record.encryption_type().map(|word: &EncryptionType| said::word(word.as_str())), arrived(record))
        };
        Ok(Look {
            records: answer.records().iter().map(seen).collect(),
            next: answer.next_shard_iterator().map(ToOwned::to_owned),
        })
    }
}
