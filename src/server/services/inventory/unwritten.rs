//! Which rows the database lacks, as a set of keys.

use std::{collections::BTreeSet, ops::Bound};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

use crate::{model::stream::StreamId, server::adapters::store::inventory as table};

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
    /// The end of the last batch: the next one begins behind it, so that no row waits for ever behind those that come
    /// again.
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

    /// Takes one batch; waits until there is one.
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

/// A batch that was taken out to be written. Unless it was, its rows go back, also when writing panics.
#[derive(Debug)]
pub struct Taken<'a> {
    unwritten: &'a Unwritten,
    batch: Vec<StreamId>,
}

impl Taken<'_> {
    /// The rows by their keys.
    pub fn rows(&self) -> &[StreamId] {
        &self.batch
    }

    /// The batch is in the database.
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
