//! Writes rows behind the memory, many to a transaction, and publishes each batch once it is committed: the order that
//! browsers see is the order of commits. Nobody who notes a row waits for the disk: which rows it lacks is remembered by
//! their keys, so that an outage costs as much memory as there are streams and holds up no read.

use std::{collections::BTreeSet, ops::Bound, sync::Arc, time::Duration};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

use super::{Inventory, News};
use crate::{
    model::{stream::StreamId, time::DAY_MS},
    server::adapters::{
        clock,
        store::{Store, StoreError, StoredStream, inventory as table, reserve_revs},
    },
};

/// Rows of one transaction at most: others want to write too.
const BATCH: usize = 500;
const _: () = assert!(BATCH <= table::MOST_ROWS, "a batch is one statement");

/// The rows that the database does not have as the memory has them.
#[derive(Debug, Default)]
pub struct Unwritten {
    rows: Mutex<Rows>,
    bell: Notify,
}

#[derive(Debug, Default)]
struct Rows {
    keys: BTreeSet<StreamId>,
    /// The end of the last batch: the next one begins behind it, so that no row waits for ever behind those that come again.
    last: Option<StreamId>,
}

impl Rows {
    fn take_batch(&mut self) -> Vec<StreamId> {
        let behind = self.last.take().map_or(Bound::Unbounded, Bound::Excluded);
        let from_there = self.keys.range((behind.clone(), Bound::Unbounded));
        let from_the_start = self.keys.iter().take_while(|key| matches!(&behind, Bound::Excluded(last) if *key <= last));
        let batch: Vec<StreamId> = from_there.chain(from_the_start).take(BATCH).cloned().collect();
        for key in &batch {
            self.keys.remove(key);
        }
        self.last = batch.last().cloned();
        batch
    }
}

impl Unwritten {
    pub fn add(&self, id: StreamId) {
        self.rows().keys.insert(id);
        self.bell.notify_one();
    }

    /// Takes the keys of one batch; waits until there is one.
    async fn next_batch(&self) -> Vec<StreamId> {
        loop {
            let batch = self.rows().take_batch();
            if !batch.is_empty() {
                return batch;
            }
            self.bell.notified().await;
        }
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock()
    }
}

/// A batch that was taken out to be written. Unless it was, its rows go back, also when writing panics.
struct Taken<'a> {
    unwritten: &'a Unwritten,
    batch: Vec<StreamId>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        for key in self.batch.drain(..) {
            self.unwritten.add(key);
        }
    }
}

/// Writes for as long as the process lasts. A batch that cannot be written is tried again, as its rows are by then.
pub async fn run(store: Store, inventory: Arc<Inventory>) {
    loop {
        let mut taken = Taken { batch: inventory.unwritten.next_batch().await, unwritten: &inventory.unwritten };
        while let Err(error) = write(&store, &inventory, &taken.batch).await {
            tracing::error!(%error, rows = taken.batch.len(), "the inventory could not be written; memory goes on serving");
            clock::sleep(Duration::from_secs(1)).await;
        }
        taken.batch.clear();
    }
}

/// Writes a batch. Between the lock and the commit there are two statements, and a third when rows are pruned: the journal
/// waits for the same lock.
async fn write(store: &Store, inventory: &Inventory, batch: &[StreamId]) -> Result<(), StoreError> {
    let now = inventory.clock.now();
    let pruned = now.plus_millis(-DAY_MS);
    let is_past = |stream: &StoredStream| stream.gone_at.is_some_and(|at| at < pruned);
    // Rows that move from here on are in the next batch.
    let (mut streams, past) = {
        let memory = inventory.read();
        let streams: Vec<StoredStream> = batch.iter().filter_map(|key| Some(memory.streams.get(key)?.stored.clone())).collect();
        let past = memory.streams.values().map(|known| &known.stored).filter(|stream| is_past(stream));
        (streams, past.map(|stream| (stream.id.clone(), stream.rev)).collect::<Vec<(StreamId, i64)>>())
    };
    let bodies: Vec<String> = streams.iter().map(table::body).collect::<Result<_, _>>()?;
    let mut tx = store.write().await?;
    let revs = reserve_revs(&mut tx, i64::try_from(streams.len()).unwrap_or(i64::MAX)).await?;
    for (stream, rev) in streams.iter_mut().zip(revs) {
        stream.rev = rev;
    }
    let rows: Vec<(&StoredStream, String)> =
        streams.iter().zip(bodies).filter(|(stream, _)| !inventory.unreadable.contains(&stream.id)).collect();
    table::upsert_all(&mut tx, &rows).await?;
    if !past.is_empty() {
        table::prune(&mut tx, now).await?;
    }
    tx.commit().await?;
    let mut memory = inventory.write();
    inventory.events.raise_floor(past.iter().map(|(_, rev)| *rev).max().unwrap_or(0));
    // One that came back meanwhile stays.
    let still_past = |key: &StreamId| memory.streams.get(key).is_some_and(|known| is_past(&known.stored));
    let past: Vec<StreamId> = past.into_iter().map(|(key, _)| key).filter(still_past).collect();
    past.iter().for_each(|key| memory.remove(key));
    let mut news = News { rev: streams.iter().map(|stream| stream.rev).max().unwrap_or(0), ..News::default() };
    for stream in &streams {
        if let Some(known) = memory.streams.get_mut(&stream.id) {
            known.stored.rev = stream.rev;
            let row = Arc::make_mut(&mut known.row);
            row.rev = row.rev.max(stream.rev);
            news.add_row(known.row.clone(), std::mem::take(&mut known.is_news));
        }
    }
    inventory.events.publish(news);
    drop(memory);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream_id(number: usize) -> StreamId {
        StreamId::parse("111122223333", "eu-west-1", &format!("stream-{number:05}")).unwrap()
    }

    #[test]
    fn every_row_is_written_however_often_the_first_ones_come_again() {
        let mut rows = Rows::default();
        rows.keys.extend((0..3 * BATCH).map(stream_id));
        let mut written = BTreeSet::new();
        for _ in 0..4 {
            let batch = rows.take_batch();
            assert_eq!(batch.len(), BATCH);
            written.extend(batch);
            rows.keys.extend((0..BATCH).map(stream_id));
        }
        assert_eq!(written.len(), 3 * BATCH);
        let mut few = Rows::default();
        few.keys.extend([stream_id(1), stream_id(2)]);
        assert_eq!(few.take_batch(), [stream_id(1), stream_id(2)]);
        few.keys.extend([stream_id(1), stream_id(3)]);
        assert_eq!(few.take_batch(), [stream_id(3), stream_id(1)], "behind the last one first");
        assert_eq!(few.take_batch(), []);
    }
}
