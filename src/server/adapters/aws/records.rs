//! Records of a stream, for proof: which shards are open, writing a marked record to each, and the encryption type of
//! the records at a shard's tip. No payload is kept or logged.

use async_trait::async_trait;

use super::{ReadFailure, StreamRef};
use crate::model::time::Timestamp;

/// AWS takes at most this many records per `PutRecords`.
pub const MOST_RECORDS: usize = 500;
/// A shard's id, as AWS writes the first one.
pub const FIRST_SHARD: &str = "shardId-000000000000";

/// What Keystream asks of the data plane.
#[async_trait]
pub trait Records: Send + Sync {
    /// One page of `ListShards`: the shards that are open now.
    async fn open_shards(&self, stream: &StreamRef, token: Option<&str>) -> Result<ShardPage, ReadFailure>;

    /// One `PutRecords` of the same marked record to each of at most 500 shards.
    async fn put_marked(&self, stream: &StreamRef, mark: &Mark, shards: &[Shard]) -> Result<Put, ReadFailure>;

    /// One `GetShardIterator` at the tip of a shard.
    async fn tip(&self, stream: &StreamRef, shard: &str) -> Result<String, ReadFailure>;

    /// One `GetRecords`. Payloads are dropped here.
    async fn look(&self, stream: &StreamRef, iterator: &str) -> Result<Look, ReadFailure>;
}

/// An open shard, and the first hash key that goes to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shard {
    pub id: String,
    pub hash_key: String,
}

/// One page of shards.
#[derive(Debug, Clone, Default)]
pub struct ShardPage {
    pub shards: Vec<Shard>,
    pub next: Option<String>,
}

/// The payload of a record that Keystream writes.
#[derive(Debug, Clone)]
pub struct Mark {
    pub partition_key: String,
    pub text: String,
}

/// The answer to a put: one encryption type for the call, and for each record the shard that took it or why none did.
#[derive(Debug, Clone)]
pub struct Put {
    pub encryption_type: Option<String>,
    pub records: Vec<Result<String, String>>,
}

/// What was found at a tip: the type and arrival of each record, and the next iterator; `None` when the shard is closed
/// and fully read.
#[derive(Debug, Clone)]
pub struct Look {
    pub records: Vec<(Option<String>, Option<Timestamp>)>,
    pub next: Option<String>,
}
