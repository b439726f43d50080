//! Writes rows from memory to the database, many per transaction, and publishes each batch once committed, so that
//! browsers see the order of commits.
//!
//! Updating a row never waits for the disk. Only the ids of unwritten rows are kept, so an outage costs no more memory
//! than there are streams, and delays no read.

use std::{sync::Arc, time::Duration};

use super::{Inventory, News};
use crate::{
    model::{stream::StreamId, time::DAY_MS},
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
        while let Err(error) = write(&store, &inventory, taken.rows(), prunes).await {
            tracing::error!(%error, rows = taken.rows().len(), "the inventory could not be written; memory goes on \
                serving");
            clock::sleep(Duration::from_secs(1)).await;
        }
        taken.written();
    }
}

/// Writes a batch. There are only two statements between the lock and the commit, and a third if rows are pruned,
/// because the journal waits for the same lock.
async fn write(store: &Store, inventory: &Inventory, batch: &[StreamId], prunes: bool) -> Result<(), StoreError> {
    let now = inventory.clock.now();
    let pruned = now.plus_millis(-DAY_MS);
    let is_past = |stream: &StoredStream| stream.gone_at.is_some_and(|at| at < pruned);
    // Rows that move from now on are in the next batch.
    let (mut streams, past) = {
        let memory = inventory.read();
        let streams: Vec<StoredStream> =
            batch.iter().filter_map(|key| Some(memory.streams.get(key)?.stored.clone())).collect();
        // All of them are looked at, which takes a while.
        let all = prunes.then(|| memory.streams.values()).into_iter().flatten();
        let past = all.map(|known| &known.stored).filter(|stream| is_past(stream));
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
    // A stream that came back meanwhile stays.
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
