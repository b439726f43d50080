//! The rows that the database doesn't have yet, as a set of ids.

use std::{collections::BTreeSet, ops::Bound};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

use crate::{model::stream::StreamId, server::adapters::store::inventory as table};

/// The most rows in one transaction, so that other writers get their turn.
const BATCH: usize = 500;
const _: () = assert!(BATCH <= table::MOST_ROWS, "a batch is one statement");

/// The rows that differ between the memory and the database.
#[derive(Debug, Default)]
pub struct Unwritten {
    rows: Mutex<Rows>,
    bell: Notify,
}

#[derive(Debug, Default)]
struct Rows {
    keys: BTreeSet<StreamId>,
    /// The end of the last batch. The next batch begins after it, so that no row waits forever behind rows that recur.
    last: Option<StreamId>,
}

impl Rows {
    fn take_batch(&mut self) -> Vec<StreamId> {
        let behind = self.last.take().map_or(Bound::Unbounded, Bound::Excluded);
        let from_there = self.keys.range((behind.clone(), Bound::Unbounded));
        let from_the_start =
            self.keys.iter().take_while(|key| matches!(&behind, Bound::Excluded(last) if *key <= last));
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

    /// Takes one batch, waiting until there is one.
    pub async fn take(&self) -> Taken<'_> {
        loop {
            let batch = self.rows().take_batch();
            if !batch.is_empty() {
                return Taken { unwritten: self, batch };
            }
            self.bell.notified().await;
        }
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock()
    }
}

/// A batch taken out for writing. Unless it was written, its rows go back, even if writing panics.
#[derive(Debug)]
pub struct Taken<'a> {
    unwritten: &'a Unwritten,
    batch: Vec<StreamId>,
}

impl Taken<'_> {
    /// Returns the ids of the rows.
    pub fn rows(&self) -> &[StreamId] {
        &self.batch
    }

    /// Marks the batch as written. Call this once it is in the database.
    pub fn written(mut self) {
        self.batch.clear();
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        for key in self.batch.drain(..) {
            self.unwritten.add(key);
        }
    }
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
