//! The rows that the database doesn't have yet, as a set of ids.

use std::{collections::BTreeMap, ops::Bound, time::Duration};

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
    under_way: Option<(usize, Duration)>,
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
    Batch(Vec<StreamId>),
}

impl Rows {
    fn take_due(&mut self, has_gathered: bool) -> Due {
        match (self.keys.is_empty(), self.have_news || has_gathered) {
            (true, _) => Due::Nothing,
            (false, false) => Due::Times,
            (false, true) => Due::Batch(self.take_batch()),
        }
    }

    fn take_batch(&mut self) -> Vec<StreamId> {
        let behind = self.last.take().map_or(Bound::Unbounded, Bound::Excluded);
        let from_there = self.keys.range((behind.clone(), Bound::Unbounded));
        let from_the_start =
            self.keys.iter().take_while(|(key, _)| matches!(&behind, Bound::Excluded(last) if *key <= last));
        let batch = from_there.chain(from_the_start).take(BATCH);
        let (batch, added): (Vec<StreamId>, Vec<Duration>) = batch.map(|(key, at)| (key.clone(), *at)).unzip();
        for key in &batch {
            self.keys.remove(key);
        }
        self.under_way = added.into_iter().min().map(|oldest| (batch.len(), oldest));
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
        let mut rows = self.rows();
        let added = rows.keys.entry(id).or_insert(since);
        *added = since.min(*added);
        rows.have_news |= is_news;
        drop(rows);
        self.bell.notify_one();
    }

    /// Returns what isn't written yet.
    pub fn backlog(&self) -> Backlog {
        let rows = self.rows();
        let (under_way, oldest) = rows.under_way.unzip();
        let oldest = rows.keys.values().copied().chain(oldest).min();
        Backlog {
            rows: rows.keys.len() + under_way.unwrap_or(0),
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
                (Due::Batch(batch), _) => return Taken { unwritten: self, batch },
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
        let under_way = self.unwritten.rows().under_way.take();
        let since = under_way.map_or_else(|| SystemClock.steady(), |(_, oldest)| oldest);
        for key in self.batch.drain(..) {
            self.unwritten.add_since(key, true, since);
        }
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
            written.extend(batch);
            rows.keys.extend(numbered(0..BATCH));
        }
        assert_eq!(written.len(), 3 * BATCH);
        let mut few = Rows::default();
        few.keys.extend(numbered([1, 2]));
        assert_eq!(few.take_batch(), [stream_id(1), stream_id(2)]);
        few.keys.extend(numbered([1, 3]));
        assert_eq!(few.take_batch(), [stream_id(3), stream_id(1)], "behind the last one first");
        assert_eq!(few.take_batch(), []);
    }

    #[tokio::test]
    async fn news_is_taken_at_once_and_times_gather() {
        let unwritten = Unwritten::default();
        unwritten.add(stream_id(1), true);
        let taken = unwritten.take().now_or_never().expect("news waits for nothing");
        taken.written();
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
        unwritten.take().await.written();
        assert_eq!(lag(0), 0);
    }
}
