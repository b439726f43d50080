//! News for browsers: what moved, in commit order, at most ten times a second. Rows that were read again without news
//! don't count: they come about once a second, and delay nothing.
//!
//! There is no log. A browser that missed something gets whatever is newer than its `rev`, or is told to start over.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::sync::broadcast;

use super::News;
use crate::server::adapters::{
    clock::{Clock, SystemClock, sleep},
    tasks::spawn,
};

/// How far behind a slow reader may be before it is told to start over.
const BACKLOG: usize = 64;
/// News within this time is sent together.
const TOGETHER: Duration = Duration::from_millis(100);

/// Distributes news to connections.
#[derive(Debug)]
pub struct Events {
    channel: broadcast::Sender<Arc<News>>,
    waiting: Arc<Mutex<Waiting>>,
    rev: AtomicI64,
    /// Other instances commit too: only a follower of all commits knows what is included.
    is_shared: bool,
    /// Deletions up to here are forgotten. A browser older than this must start over.
    floor: AtomicI64,
}

/// News not sent yet.
#[derive(Debug, Default)]
struct Waiting {
    news: Option<News>,
    /// When something besides times was sent, by the steady clock.
    last_sent: Option<Duration>,
}

/// What a browser's connection gets next.
#[derive(Debug)]
pub enum Delivery {
    News(Arc<News>),
    /// Start over: the reader was too slow, the database has lost commits, or the server is stopping.
    Reset,
}

impl Events {
    /// Creates the distributor, starting after the commit `rev`, of a database that other instances may share.
    pub fn new(rev: i64, is_shared: bool) -> Self {
        Self {
            channel: broadcast::channel(BACKLOG).0,
            waiting: Arc::default(),
            rev: AtomicI64::new(rev),
            is_shared,
            floor: AtomicI64::new(0),
        }
    }

    /// Returns the `rev` up to which everything committed was published.
    pub fn rev(&self) -> i64 {
        self.rev.load(Ordering::Acquire)
    }

    /// Returns the oldest `rev` from which a browser can catch up.
    pub fn floor(&self) -> i64 {
        self.floor.load(Ordering::Acquire)
    }

    /// Returns whether a browser can catch up from `rev`. One that comes from another instance may be a few commits
    /// ahead, at most `overlap`: they have not been followed here yet.
    pub(super) fn reaches(&self, rev: i64, overlap: i64) -> bool {
        let ahead = if self.is_shared { overlap } else { 0 };
        (self.floor()..=self.rev().saturating_add(ahead)).contains(&rev)
    }

    pub(super) fn raise_floor(&self, rev: i64) {
        self.floor.fetch_max(rev, Ordering::AcqRel);
    }

    /// Advances the `rev` up to which everything committed was published, by this instance and others.
    pub fn advance(&self, rev: i64) {
        self.rev.fetch_max(rev, Ordering::AcqRel);
    }

    /// Publishes news to every connection: at once if nothing but times was sent within the last tenth of a second,
    /// else together with whatever follows in that time. Does nothing without connections.
    pub(super) fn publish(&self, mut news: News) {
        if self.is_shared {
            news.rev = self.rev();
        } else {
            self.advance(news.rev);
        }
        if self.channel.receiver_count() == 0 {
            return;
        }
        let mut waiting = self.waiting.lock();
        if let Some(earlier) = &mut waiting.news {
            // They are about to be sent.
            return earlier.add(news);
        }
        let wait = waiting
            .last_sent
            .map(|at| (at + TOGETHER).saturating_sub(SystemClock.steady()))
            .filter(|wait| !wait.is_zero());
        match wait {
            None => waiting.send(&self.channel, news),
            Some(wait) => {
                waiting.news = Some(news);
                spawn(send_after(wait, self.waiting.clone(), self.channel.clone()));
            }
        }
    }

    /// Subscribes to news from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<News>> {
        self.channel.subscribe()
    }

    /// Waits for a subscription's next news.
    pub async fn next(receiver: &mut broadcast::Receiver<Arc<News>>) -> Delivery {
        match receiver.recv().await {
            Ok(news) if news.is_reset => Delivery::Reset,
            Ok(news) => Delivery::News(news),
            Err(broadcast::error::RecvError::Lagged(_) | broadcast::error::RecvError::Closed) => Delivery::Reset,
        }
    }
}

async fn send_after(wait: Duration, waiting: Arc<Mutex<Waiting>>, channel: broadcast::Sender<Arc<News>>) {
    sleep(wait).await;
    let mut waiting = waiting.lock();
    if let Some(news) = waiting.news.take() {
        waiting.send(&channel, news);
    }
}

impl Waiting {
    fn send(&mut self, channel: &broadcast::Sender<Arc<News>>, news: News) {
        if news.is_more_than_times() {
            self.last_sent = Some(SystemClock.steady());
        }
        let _ = channel.send(Arc::new(news));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{list::tests::row, stream::encryption::EncryptionState};

    /// News of one row that moved, or that was only read again.
    fn of_row(rev: i64, is_news: bool) -> News {
        let mut news = News { rev, ..News::default() };
        news.add_row(row("orders-prod", EncryptionState::Encrypted, "ACTIVE"), is_news);
        news
    }

    #[tokio::test]
    async fn what_comes_close_together_goes_out_together_and_loses_nothing() {
        let events = Events::new(0, false);
        let mut receiver = events.subscribe();
        let begun = SystemClock.steady();
        for rev in 1..=100 {
            events.publish(of_row(rev, true));
            sleep(Duration::from_millis(5)).await;
        }
        sleep(2 * TOGETHER).await;
        let most = SystemClock.steady().saturating_sub(begun).as_millis() / TOGETHER.as_millis() + 2;
        let mut revs = Vec::new();
        while let Ok(news) = receiver.try_recv() {
            revs.push(news.rev);
        }
        assert_eq!(revs.first(), Some(&1), "the first goes out at once");
        assert_eq!(revs.last(), Some(&100));
        assert!(revs.is_sorted() && (revs.len() as u128) <= most && revs.len() < 50, "ten a second at most: {revs:?}");
    }

    #[tokio::test]
    async fn rows_that_were_only_read_again_delay_no_news() {
        let events = Events::new(0, false);
        let mut receiver = events.subscribe();
        events.publish(of_row(1, false));
        events.publish(of_row(2, true));
        assert_eq!([1, 2].map(|_| receiver.try_recv().unwrap().rev), [1, 2], "both at once");
        events.publish(of_row(3, false));
        assert!(receiver.try_recv().is_err(), "soon after news, they wait");
        let Delivery::News(news) = Events::next(&mut receiver).await else { panic!("nobody is slow") };
        assert_eq!(news.rev, 3);
    }

    #[tokio::test]
    async fn a_reader_that_is_too_slow_starts_over() {
        let events = Events::new(0, false);
        let (mut slow, mut fast) = (events.subscribe(), events.subscribe());
        for rev in 0..=i64::try_from(BACKLOG).unwrap() {
            events.channel.send(Arc::new(News { rev, ..News::default() })).unwrap();
            assert!(matches!(Events::next(&mut fast).await, Delivery::News(news) if news.rev == rev));
        }
        assert!(matches!(Events::next(&mut slow).await, Delivery::Reset));
    }

    #[test]
    fn among_several_instances_only_what_was_followed_is_included() {
        let (alone, among_others) = (Events::new(7, false), Events::new(7, true));
        for events in [&alone, &among_others] {
            events.publish(News { rev: 12, ..News::default() });
        }
        assert_eq!((alone.rev(), among_others.rev()), (12, 7), "others may have committed 8 to 11");
        among_others.advance(12);
        assert_eq!(among_others.rev(), 12);
        assert!(alone.reaches(12, 64) && !alone.reaches(13, 64), "nobody can have seen 13");
        assert!(among_others.reaches(76, 64) && !among_others.reaches(77, 64), "another instance may be ahead");
    }
}
