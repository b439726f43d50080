//! News for browsers: what moved, in commit order, at most ten times a second.
//!
//! There is no log. A browser that missed something gets whatever is newer than its `rev`, or is told to start over.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::sync::broadcast;

use crate::{
    model::{
        change::Change,
        inventory::{StreamRow, TargetHealth},
        stream::StreamId,
    },
    server::adapters::{
        clock::{Clock, SystemClock, sleep},
        tasks::spawn,
    },
};

/// How far behind a slow reader may be before it is told to start over.
const BACKLOG: usize = 64;
/// News within this time is sent together.
const TOGETHER: Duration = Duration::from_millis(100);

/// The rows, targets and changes that moved. Each connection makes its own frame from them.
#[derive(Debug, Clone, Default)]
pub struct News {
    /// The `rev` up to which everything committed is included, here or earlier.
    pub rev: i64,
    /// Rows that moved, and whether anything besides times did.
    pub rows: BTreeMap<StreamId, (Arc<StreamRow>, bool)>,
    pub changes: Vec<Arc<Change>>,
    /// Changes up to this `rev` were in the reader's page, as far as is known. They are here because of those that were
    /// committed late.
    pub seen: i64,
    /// The health of all targets; empty if none has moved.
    pub targets: Vec<TargetHealth>,
    /// Whether readers have to start over.
    pub is_reset: bool,
}

impl News {
    /// Adds a row, replacing an older one of the same stream.
    pub fn add_row(&mut self, row: Arc<StreamRow>, is_news: bool) {
        let was_news = self.rows.get(&row.id).is_some_and(|(_, was_news)| *was_news);
        self.rows.insert(row.id.clone(), (row, is_news || was_news));
    }

    /// Adds later news.
    fn add(&mut self, later: Self) {
        self.rev = self.rev.max(later.rev);
        self.is_reset |= later.is_reset;
        for (row, is_news) in later.rows.into_values() {
            self.add_row(row, is_news);
        }
        // The newest state of a change includes all earlier ones. News from another instance may arrive late.
        for change in later.changes {
            match self.changes.iter_mut().find(|known| known.id == change.id) {
                Some(known) if known.rev > change.rev => {}
                Some(known) => *known = change,
                None => self.changes.push(change),
            }
        }
        if !later.targets.is_empty() {
            self.targets = later.targets;
        }
    }
}

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
    /// By the steady clock.
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

    /// Publishes news to every connection: at once if nothing was sent within the last tenth of a second, else together
    /// with whatever follows in that time. Does nothing without connections.
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
        self.last_sent = Some(SystemClock.steady());
        let _ = channel.send(Arc::new(news));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_comes_close_together_goes_out_together_and_loses_nothing() {
        let events = Events::new(0, false);
        let mut receiver = events.subscribe();
        let begun = SystemClock.steady();
        for rev in 1..=100 {
            events.publish(News { rev, ..News::default() });
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

    #[test]
    fn an_older_state_of_a_change_covers_no_newer_one() {
        let change = |id: &str, rev: i64| {
            Arc::new(Change { id: id.to_owned(), rev, ..crate::model::change::tests::requested_change() })
        };
        let news = |changes: &[Arc<Change>]| News { rev: 9, changes: changes.to_vec(), ..News::default() };
        let mut told = news(&[change("a", 12), change("b", 3)]);
        told.add(news(&[change("a", 11), change("b", 4), change("c", 1)]));
        let revs: Vec<_> = told.changes.iter().map(|change| (change.id.as_str(), change.rev)).collect();
        assert_eq!(revs, [("a", 12), ("b", 4), ("c", 1)]);
    }

    #[test]
    fn later_news_lie_over_earlier_ones() {
        let health = |streams: u32| TargetHealth { streams, ..health_of_nothing() };
        let mut news = News { rev: 5, targets: vec![health(1)], ..News::default() };
        news.add(News { rev: 4, ..News::default() });
        news.add(News { rev: 6, targets: vec![health(2)], ..News::default() });
        assert_eq!((news.rev, news.targets[0].streams), (6, 2));
    }

    fn health_of_nothing() -> TargetHealth {
        TargetHealth {
            id: "self/eu-west-1".to_owned(),
            name: "payments".to_owned(),
            account: crate::model::stream::Account::unresolved(),
            region: "eu-west-1".parse().unwrap(),
            rev: 0,
            is_production: false,
            is_read_only: false,
            last_listed: None,
            last_read: None,
            problem: None,
            tags_problem: None,
            pause: None,
            pace_percent: 100,
            stale_after_ms: 0,
            streams: 0,
            unread: 0,
        }
    }
}
