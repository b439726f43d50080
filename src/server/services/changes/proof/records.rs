//! Writing and reading records as proof.

use std::{collections::BTreeMap, time::Duration};

use futures_util::{StreamExt, stream};

use crate::{
    model::{
        change::proof::{ReadResult, WriteResult},
        time::Timestamp,
    },
    server::adapters::{
        aws::{
            ReadFailure, StreamRef,
            records::{MOST_RECORDS, Mark, Records, Shard},
            targets::Target,
        },
        clock,
    },
};

/// The number of shards handled at once.
const AT_ONCE: usize = 32;
/// The number of reads of one shard's tip, and the pause between them: AWS allows five a second per shard, shared with
/// its consumers.
const LOOKS: u32 = 5;
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);
/// The most pages of shards to list. 10,000 shards are more than any stream has open by default.
const MOST_PAGES: usize = 20;
/// Returns the currently open shards.
async fn open_shards(records: &dyn Records, stream: &StreamRef) -> Result<Vec<Shard>, String> {
    let (mut shards, mut token) = (Vec::new(), None::<String>);
    for _ in 0..MOST_PAGES {
        let page = records.open_shards(stream, token.as_deref()).await.map_err(|failure| failure.why)?;
        shards.extend(page.shards);
        token = page.next;
        if token.is_none() {
            return Ok(shards);
        }
    }
    Err("AWS listed more shards than Keystream looks at".to_owned())
}

/// Writes one test record to each open shard, in the user's session if the target has a change role.
pub async fn write(target: &Target, stream: &StreamRef, actor: &str, change: &str) -> Result<WriteResult, String> {
    let records = target.kinesis.records().ok_or("this target has no records to write")?;
    let shards = open_shards(records, stream).await?;
    let sender = target.sender(actor, Some(change)).await;
    let (sender, _) = sender.map_err(|_| "the role that sends changes could not be assumed".to_owned())?;
    let sender = sender.records().ok_or("this target has no records to write")?;
    let mark = Mark {
        partition_key: format!("keystream-verification-{change}"),
        text: serde_json::json!({"keystream": "verification of encryption; ignore this record", "change": change})
            .to_string(),
    };
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let mut result = WriteResult { shards: number(shards.len()), ..WriteResult::default() };
    for batch in shards.chunks(MOST_RECORDS) {
        let put = match sender.put_marked(stream, &mark, batch).await {
            Ok(put) => put,
            Err(ReadFailure { why, .. }) => {
                // The write may have succeeded and only its answer been lost.
                let why = format!("no clear answer ({why}), so it may have been written");
                result.failed.extend(batch.iter().map(|shard| (shard.id.clone(), why.clone())));
                continue;
            }
        };
        for (shard, taken) in batch.iter().zip(&put.records) {
            match (taken, put.encryption_type.as_deref()) {
                (Err(why), _) => result.failed.push((shard.id.clone(), why.clone())),
                // A record accepted by another shard proves nothing about this one.
                (Ok(by), _) if *by != shard.id => {
                    result.failed.push((shard.id.clone(), format!("the record went to {by}")));
                }
                (Ok(_), Some("NONE")) => result.none += 1,
                (Ok(_), Some("KMS")) => result.kms += 1,
                (Ok(_), _) => result.unstated += 1,
            }
        }
        let unanswered = batch.iter().skip(put.records.len());
        result.failed.extend(unanswered.map(|shard| (shard.id.clone(), "the answer does not name it".to_owned())));
    }
    Ok(result)
}

/// Reads the tip of each open shard until it sees a record that arrived after settling, at most five times.
pub async fn read(target: &Target, stream: &StreamRef, settled_at: Timestamp) -> Result<ReadResult, String> {
    let records = target.kinesis.records().ok_or("this target has no records to read")?;
    let shards = open_shards(records, stream).await?;
    let number = u32::try_from(shards.len()).unwrap_or(u32::MAX);
    let looks = stream::iter(shards)
        .map(|shard| async move { (inspect_shard(records, stream, &shard.id, settled_at).await, shard.id) });
    let seen: Vec<(Seen, String)> = looks.buffer_unordered(AT_ONCE).collect().await;
    let mut result = ReadResult { shards: number, ..ReadResult::default() };
    // Sorted by name, whichever answered first.
    let by_name: BTreeMap<String, Seen> = seen.into_iter().map(|(seen, shard)| (shard, seen)).collect();
    for (shard, seen) in by_name {
        match seen {
            Seen::Types { none, kms, unstated } => {
                result.none += none;
                result.kms += kms;
                result.unstated += unstated;
            }
            Seen::Nothing => result.idle.push(shard),
            Seen::Closed => result.closed.push(shard),
            Seen::Failed(why) => result.failed.push((shard, why)),
        }
    }
    Ok(result)
}

/// What was found at one shard's tip.
enum Seen {
    Types { none: u64, kms: u64, unstated: u64 },
    Nothing,
    Closed,
    Failed(String),
}

async fn inspect_shard(records: &dyn Records, stream: &StreamRef, shard: &str, settled_at: Timestamp) -> Seen {
    let mut iterator = match records.tip(stream, shard).await {
        Ok(iterator) => iterator,
        Err(failure) => return Seen::Failed(failure.why),
    };
    for _ in 0..LOOKS {
        clock::sleep(BETWEEN_LOOKS).await;
        let look = match records.look(stream, &iterator).await {
            Ok(look) => look,
            Err(failure) => return Seen::Failed(failure.why),
        };
        let (mut none, mut kms, mut unstated) = (0, 0, 0);
        for (word, _) in look.records.iter().filter(|(_, arrived)| arrived.is_some_and(|at| at > settled_at)) {
            match word.as_deref() {
                Some("NONE") => none += 1,
                Some("KMS") => kms += 1,
                _ => unstated += 1,
            }
        }
        if none + kms + unstated > 0 {
            return Seen::Types { none, kms, unstated };
        }
        match look.next {
            Some(next) => iterator = next,
            None => return Seen::Closed,
        }
    }
    Seen::Nothing
}
