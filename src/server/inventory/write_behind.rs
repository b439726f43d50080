//! Writes rows behind the memory, many to a transaction, and publishes each batch once it is committed: the order that
//! browsers see is the order of commits. Nobody who notes a row waits for the disk: which rows it lacks is remembered by
//! their keys, so that an outage costs as much memory as there are streams and holds up no read.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;

use super::{Inventory, News};
use crate::{
    model::{stream::StreamKey, timestamp::DAY_MS},
    server::store::{Store, StoreError, StoredStream, inventory as table, next_rev},
};

/// Rows of one transaction at most: others want to write too.
const BATCH: usize = 500;

/// The rows that the database does not have as the memory has them.
#[derive(Debug, Default)]
pub struct Unwritten {
    keys: Mutex<BTreeSet<StreamKey>>,
    bell: Notify,
}

impl Unwritten {
    pub fn add(&self, key: StreamKey) {
        self.keys().insert(key);
        self.bell.notify_one();
    }

    /// Takes the keys of one batch; waits until there is one.
    async fn next_batch(&self) -> BTreeSet<StreamKey> {
        loop {
            let batch = {
                let mut keys = self.keys();
                let rest = keys.iter().nth(BATCH).cloned().map(|first| keys.split_off(&first)).unwrap_or_default();
                std::mem::replace(&mut *keys, rest)
            };
            if !batch.is_empty() {
                return batch;
            }
            self.bell.notified().await;
        }
    }

    fn keys(&self) -> MutexGuard<'_, BTreeSet<StreamKey>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes for as long as the process lasts. A batch that cannot be written is tried again, as its rows are by then.
pub async fn run(store: Store, inventory: Arc<Inventory>) {
    loop {
        let batch = inventory.unwritten.next_batch().await;
        while let Err(error) = write(&store, &inventory, &batch).await {
            tracing::error!(%error, rows = batch.len(), "the inventory could not be written; memory goes on serving");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

async fn write(store: &Store, inventory: &Inventory, batch: &BTreeSet<StreamKey>) -> Result<(), StoreError> {
    let now = inventory.clock.now();
    let mut tx = store.write().await?;
    let mut streams: Vec<StoredStream> = {
        let memory = inventory.read();
        batch.iter().filter_map(|key| Some(memory.streams.get(key)?.stored.clone())).collect()
    };
    for stream in &mut streams {
        stream.rev = next_rev(&mut tx).await?;
        table::upsert(&mut tx, stream).await?;
    }
    table::prune(&mut tx, now).await?;
    tx.commit().await?;
    let mut memory = inventory.write();
    let pruned = now.plus_millis(-DAY_MS);
    let is_past = |stream: &StoredStream| stream.gone_at.is_some_and(|at| at < pruned);
    let past: Vec<(StreamKey, i64)> =
        memory.streams.values().filter(|known| is_past(&known.stored)).map(|known| (known.stored.key.clone(), known.stored.rev)).collect();
    inventory.events.raise_floor(past.iter().map(|(_, rev)| *rev).max().unwrap_or(0));
    past.iter().for_each(|(key, _)| memory.remove(key));
    let mut news = News { rev: streams.iter().map(|stream| stream.rev).max().unwrap_or(0), ..News::default() };
    for stream in &streams {
        if let Some(known) = memory.streams.get_mut(&stream.key) {
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
