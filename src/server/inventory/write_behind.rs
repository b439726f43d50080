//! Writes rows behind the memory, many to a transaction, and publishes each batch once it is committed: the order that
//! browsers see is the order of commits. A batch that cannot be written is kept and tried again; memory serves meanwhile.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::sync::mpsc;

use super::{Inventory, News};
use crate::{
    model::{stream::StreamKey, timestamp::DAY_MS},
    server::store::{Store, StoreError, StoredStream, inventory as table, next_rev},
};

/// Rows of one transaction at most: others want to write too.
const BATCH: usize = 500;

/// Writes until nothing is left that could queue a row.
pub async fn run(store: Store, inventory: Arc<Inventory>, mut queue: mpsc::Receiver<StoredStream>) {
    let mut batch: BTreeMap<StreamKey, StoredStream> = BTreeMap::new();
    loop {
        match queue.recv().await {
            Some(stream) => batch.insert(stream.key.clone(), stream),
            None => return,
        };
        while batch.len() < BATCH
            && let Ok(stream) = queue.try_recv()
        {
            batch.insert(stream.key.clone(), stream);
        }
        while let Err(error) = write(&store, &inventory, &mut batch).await {
            tracing::error!(%error, rows = batch.len(), "the inventory could not be written; memory goes on serving");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        batch.clear();
    }
}

async fn write(store: &Store, inventory: &Inventory, batch: &mut BTreeMap<StreamKey, StoredStream>) -> Result<(), StoreError> {
    let now = inventory.clock.now();
    let mut tx = store.write().await?;
    for stream in batch.values_mut() {
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
    let mut news = News { rev: batch.values().map(|stream| stream.rev).max().unwrap_or(0), ..News::default() };
    for stream in batch.values() {
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
