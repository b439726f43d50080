//! The rows that the database doesn't have yet, as a set of ids.

use std::{collections::BTreeMap, ops::Bound, sync::Arc, time::Duration};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

use crate::{
    model::stream::StreamId,
    server::adapters::{
        clock::{Clock, SystemClock, timeout},
        store::inventory as table,
    },
};

/// The most rows in one transaction, so that other writers get their turn.
const BATCH: usize = 500;
/// How long rows without news wait for others. Each transaction costs more than its rows.
const GATHER: Duration = Duration::from_secs(1);
const _: () = assert!(BATCH <= table::MOST_ROWS, "a batch is one statement");

/// The rows that differ between the memory and the database.
#[derive(Debug, Default)]
pub struct Unwritten {
    rows: Mutex<Rows>,
    bell: Notify,
}

#[derive(Debug, Default)]
struct Rows {
    /// When each was added, by the steady clock.
    keys: BTreeMap<StreamId, Duration>,
    /// Some of them have news, which browsers get once it is written.
    have_news: bool,
    /// The end of the last batch. The next batch begins after it, so that no row waits forever behind rows that recur.
    last: Option<StreamId>,
    /// The batch that is being written: its rows, and when the oldest of them was added.
    under_way: Option<(Arc<[StreamId]>, Duration)>,
}

/// What the database doesn't have yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    pub rows: usize,
    /// How long the oldest of them has waited.
    pub lag: Duration,
}

/// What is to be written now.
enum Due {
    Nothing,
    /// Rows without news, which can wait.
    Times,
    Batch(Arc<[StreamId]>),
}

impl Rows {
    fn add(&mut self, id: StreamId, is_news: bool, since: Duration) {
        let added = self.keys.entry(id).or_insert(since);
        *added = since.min(*added);
        self.have_news |= is_news;
    }

    fn has(&self, id: &StreamId) -> bool {
        self.keys.contains_key(id) || self.under_way.as_ref().is_some_and(|(batch, _)| batch.contains(id))
    }

    fn take_due(&mut self, has_gathered: bool) -> Due {
        match (self.keys.is_empty(), self.have_news || has_gathered) {
            (true, _) => Due::Nothing,
            (false, false) => Due::Times,
            (false, true) => Due::Batch(self.take_batch()),
        }
    }

    fn take_batch(&mut self) -> Arc<[StreamId]> {
        let behind = self.last.take().map_or(Bound::Unbounded, Bound::Excluded);
        let from_there = self.keys.range((behind.clone(), Bound::Unbounded));
        let from_the_start =
            self.keys.iter().take_while(|(key, _)| matches!(&behind, Bound::Excluded(last) if *key <= last));
        let batch = from_there.chain(from_the_start).take(BATCH);
        let (batch, added): (Vec<StreamId>, Vec<Duration>) = batch.map(|(key, at)| (key.clone(), *at)).unzip();
        for key in &batch {
            self.keys.remove(key);
        }
        let batch: Arc<[StreamId]> = batch.into();
        self.under_way = added.into_iter().min().map(|oldest| (batch.clone(), oldest));
        self.last = batch.last().cloned();
        self.have_news &= !self.keys.is_empty();
        batch
    }
}

impl Unwritten {
    /// Adds a row, with or without news besides times.
    pub fn add(&self, id: StreamId, is_news: bool) {
        self.add_since(id, is_news, SystemClock.steady());
    }

    fn add_since(&self, id: StreamId, is_news: bool, since: Duration) {
        self.rows().add(id, is_news, since);
        self.bell.notify_one();
    }

    /// Returns whether the database doesn't have this row yet as the memory has it.
    pub fn has(&self, id: &StreamId) -> bool {
        self.rows().has(id)
    }

    /// Returns what isn't written yet.
    pub fn backlog(&self) -> Backlog {
        let rows = self.rows();
        let under_way = rows.under_way.as_ref();
        let oldest = rows.keys.values().copied().chain(under_way.map(|(_, oldest)| *oldest)).min();
        Backlog {
            rows: rows.keys.len() + under_way.map_or(0, |(batch, _)| batch.len()),
            lag: oldest.map_or(Duration::ZERO, |oldest| SystemClock.steady().saturating_sub(oldest)),
        }
    }

    /// Takes one batch, waiting until there is one: at once if there is news, else what gathers within a second.
    pub async fn take(&self) -> Taken<'_> {
        let mut gathers_until: Option<Duration> = None;
        loop {
            let now = SystemClock.steady();
            let has_gathered = gathers_until.is_some_and(|until| now >= until);
            let batch = self.rows().take_due(has_gathered);
            match (batch, gathers_until) {
                (Due::Batch(batch), _) => return Taken { unwritten: self, batch, refused: None },
                (Due::Nothing, _) => self.bell.notified().await,
                (Due::Times, None) => gathers_until = Some(now + GATHER),
                // Whether it rings or not, what has gathered is looked at again.
                (Due::Times, Some(until)) => drop(timeout(until.saturating_sub(now), self.bell.notified()).await),
            }
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
    batch: Arc<[StreamId]>,
    /// Once the batch was written, the rows that weren't.
    refused: Option<Vec<StreamId>>,
}

impl Taken<'_> {
    /// Returns the ids of the rows.
    pub fn rows(&self) -> &[StreamId] {
        &self.batch
    }

    /// Marks the batch as written, except for these rows, which go back and wait as those without news do: another
    /// instance wrote them, and that must be taken over first. Call this once the others are in the database.
    pub fn written(mut self, refused: Vec<StreamId>) {
        self.refused = Some(refused);
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        // In one go: at any moment, each row is there unless it was written.
        let mut rows = self.unwritten.rows();
        let under_way = rows.under_way.take();
        let since = under_way.map_or_else(|| SystemClock.steady(), |(_, oldest)| oldest);
        let is_news = self.refused.is_none();
        for id in self.refused.take().unwrap_or_else(|| self.batch.to_vec()) {
            rows.add(id, is_news, since);
        }
        drop(rows);
        self.unwritten.bell.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, pin::pin};

    use futures_util::FutureExt;

    use super::*;

    fn stream_id(number: usize) -> StreamId {
        StreamId::parse("111122223333", "eu-west-1", &format!("stream-{number:05}")).unwrap()
    }

    fn numbered(numbers: impl IntoIterator<Item = usize>) -> Vec<(StreamId, Duration)> {
        numbers.into_iter().map(|number| (stream_id(number), Duration::ZERO)).collect()
    }

    #[test]
    fn every_row_is_written_however_often_the_first_ones_come_again() {
        let mut rows = Rows::default();
        rows.keys.extend(numbered(0..3 * BATCH));
        let mut written = BTreeSet::new();
        for _ in 0..4 {
            let batch = rows.take_batch();
            assert_eq!(batch.len(), BATCH);
            written.extend(batch.iter().cloned());
            rows.keys.extend(numbered(0..BATCH));
        }
        assert_eq!(written.len(), 3 * BATCH);
        let mut few = Rows::default();
        few.keys.extend(numbered([1, 2]));
        assert_eq!(*few.take_batch(), [stream_id(1), stream_id(2)]);
        few.keys.extend(numbered([1, 3]));
        assert_eq!(*few.take_batch(), [stream_id(3), stream_id(1)], "behind the last one first");
        assert!(few.take_batch().is_empty());
    }

    #[tokio::test]
    async fn news_is_taken_at_once_and_times_gather() {
        let unwritten = Unwritten::default();
        unwritten.add(stream_id(1), true);
        let taken = unwritten.take().now_or_never().expect("news waits for nothing");
        taken.written(Vec::new());
        unwritten.add(stream_id(1), false);
        let mut taking = pin!(unwritten.take());
        assert!(taking.as_mut().now_or_never().is_none());
        unwritten.add(stream_id(2), false);
        assert!(taking.as_mut().now_or_never().is_none());
        unwritten.add(stream_id(3), true);
        assert_eq!(taking.now_or_never().unwrap().rows(), [stream_id(2), stream_id(3), stream_id(1)]);
        unwritten.add(stream_id(4), false);
        let taken = unwritten.take().await;
        assert!(taken.rows().contains(&stream_id(4)), "after a second without any news");
    }

    #[tokio::test]
    async fn the_backlog_counts_what_is_being_written_and_its_age_outlives_a_failure() {
        let unwritten = Unwritten::default();
        assert_eq!(unwritten.backlog(), Backlog { rows: 0, lag: Duration::ZERO });
        let long_ago = SystemClock.steady().saturating_sub(Duration::from_secs(60));
        unwritten.add_since(stream_id(1), true, long_ago);
        unwritten.add(stream_id(1), true);
        let taken = unwritten.take().await;
        unwritten.add(stream_id(2), true);
        let lag = |rows: usize| {
            let backlog = unwritten.backlog();
            assert_eq!(backlog.rows, rows);
            backlog.lag.as_secs()
        };
        assert!(lag(2) >= 60);
        drop(taken);
        assert!(lag(2) >= 60, "it is still not written");
        unwritten.take().await.written(Vec::new());
        assert_eq!(lag(0), 0);
    }

    #[tokio::test]
    async fn a_row_is_there_until_it_is_written_and_waits_after_it_was_refused() {
        let unwritten = Unwritten::default();
        for number in [1, 2] {
            unwritten.add(stream_id(number), true);
        }
        let taken = unwritten.take().await;
        assert!(unwritten.has(&stream_id(1)) && unwritten.has(&stream_id(2)), "while they are written");
        taken.written(vec![stream_id(2)]);
        assert!(!unwritten.has(&stream_id(1)) && unwritten.has(&stream_id(2)));
        let mut taking = pin!(unwritten.take());
        assert!(taking.as_mut().now_or_never().is_none(), "another instance's row is taken over first");
        assert_eq!(taking.await.rows(), [stream_id(2)]);
    }
}
