//! Writes rows from memory to the database, many per transaction, and publishes each batch once committed, so that
//! browsers see the order of commits.
//!
//! Updating a row never waits for the disk. Only the ids of unwritten rows are kept, so an outage costs no more memory
//! than there are streams, and delays no read. A row that another instance wrote meanwhile isn't overwritten: it is
//! taken over first, and what is newer here is written then.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use super::{Inventory, News, memory::Memory};
use crate::{
    model::{
        stream::StreamId,
        time::{DAY_MS, Timestamp},
    },
    server::adapters::{
        clock,
        store::{Store, StoreError, StoredStream, inventory as table, reserve_revs},
    },
};

/// How often streams that AWS stopped listing a day ago are looked for.
const PRUNE_EVERY: Duration = Duration::from_secs(60);

/// Writes as long as the process lives. A batch that can't be written is retried with its rows' current state.
pub async fn run(store: Store, inventory: Arc<Inventory>) {
    let mut pruned = None;
    loop {
        let taken = inventory.unwritten.take().await;
        let now = inventory.clock.steady();
        let prunes = pruned.is_none_or(|pruned| now.saturating_sub(pruned) >= PRUNE_EVERY);
        if prunes {
            pruned = Some(now);
        }
        let refused = loop {
            match write(&store, &inventory, taken.rows(), prunes).await {
                Ok(refused) => break refused,
                Err(error) => {
                    tracing::error!(%error, rows = taken.rows().len(), "the inventory could not be written; memory \
                        goes on serving");
                    clock::sleep(Duration::from_secs(1)).await;
                }
            }
        };
        taken.written(refused);
    }
}

/// Writes a batch. There are only two statements between the lock and the commit, and a third if rows are pruned,
/// because the journal waits for the same lock. Returns the rows that weren't written, because another instance wrote
/// them.
async fn write(
    store: &Store,
    inventory: &Inventory,
    batch: &[StreamId],
    prunes: bool,
) -> Result<Vec<StreamId>, StoreError> {
    let now = inventory.clock.now();
    // Before the rows are looked at, which then include everything up to here.
    let seen = if store.is_shared() { inventory.events.rev() } else { i64::MAX };
    // Rows that move from now on are in the next batch.
    let (mut streams, past) = {
        let memory = inventory.read();
        let streams: Vec<StoredStream> =
            batch.iter().filter_map(|key| Some(memory.streams.get(key)?.stored.clone())).collect();
        // All of them are looked at, which takes a while.
        (streams, if prunes { memory.past(now) } else { Vec::new() })
    };
    let bodies: Vec<String> = streams.iter().map(table::body).collect::<Result<_, _>>()?;
    let mut tx = store.write().await?;
    let revs = reserve_revs(&mut tx, i64::try_from(streams.len()).unwrap_or(i64::MAX)).await?;
    if store.is_shared() && *revs.start() <= seen {
        // A failover has lost commits: first, everything is read again.
        tx.rollback().await?;
        return Ok(batch.to_vec());
    }
    for (stream, rev) in streams.iter_mut().zip(revs) {
        stream.rev = rev;
    }
    let rows: Vec<(&StoredStream, String)> = {
        let unreadable = inventory.unreadable.lock();
        streams.iter().zip(bodies).filter(|(stream, _)| !unreadable.contains(&stream.id)).collect()
    };
    let tried: BTreeSet<i64> = rows.iter().map(|(stream, _)| stream.rev).collect();
    let written = store.write_streams(&mut tx, &rows, seen).await?;
    if !past.is_empty() {
        table::prune(&mut tx, now).await?;
    }
    tx.commit().await?;
    let (refused, written): (Vec<StoredStream>, Vec<StoredStream>) =
        streams.into_iter().partition(|stream| tried.contains(&stream.rev) && !written.contains(&stream.rev));
    let mut memory = inventory.write();
    inventory.forget(&mut memory, &past, now);
    let mut news = News { rev: written.iter().map(|stream| stream.rev).max().unwrap_or(0), ..News::default() };
    for stream in &written {
        if let Some(known) = memory.streams.get_mut(&stream.id) {
            // A later row of another instance may have been taken over already.
            known.stored.rev = known.stored.rev.max(stream.rev);
            let row = Arc::make_mut(&mut known.row);
            row.rev = row.rev.max(stream.rev);
            news.add_row(known.row.clone(), std::mem::take(&mut known.is_news));
        }
    }
    inventory.events.publish(news);
    drop(memory);
    Ok(refused.into_iter().map(|stream| stream.id).collect())
}

impl Inventory {
    /// Forgets streams that AWS stopped listing more than a day ago, as whoever writes them does.
    pub fn forget_past(&self) {
        let now = self.clock.now();
        let mut memory = self.write();
        let past = memory.past(now);
        self.forget(&mut memory, &past, now);
    }

    /// Forgets streams that were past, and their revisions: a browser that is older must start over. A stream that came
    /// back meanwhile stays.
    fn forget(&self, memory: &mut Memory, past: &[(StreamId, i64)], now: Timestamp) {
        self.events.raise_floor(past.iter().map(|(_, rev)| *rev).max().unwrap_or(0));
        for (id, _) in past {
            if memory.streams.get(id).is_some_and(|known| is_past(&known.stored, now)) {
                memory.remove(&self.targets, id);
            }
        }
    }
}

impl Memory {
    /// Returns the streams that AWS stopped listing more than a day ago, and their revisions.
    fn past(&self, now: Timestamp) -> Vec<(StreamId, i64)> {
        let past = self.streams.values().map(|known| &known.stored).filter(|stream| is_past(stream, now));
        past.map(|stream| (stream.id.clone(), stream.rev)).collect()
    }
}

fn is_past(stream: &StoredStream, now: Timestamp) -> bool {
    stream.gone_at.is_some_and(|at| at < now.plus_millis(-DAY_MS))
}
