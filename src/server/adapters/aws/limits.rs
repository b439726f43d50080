//! How often Keystream may call AWS: a rate per operation and target, at a fraction of AWS's own limit, which every
//! tool of the account shares. A throttled operation slows down for a while.

use std::{pin::pin, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::{ReadFailure, ReadFailureKind};
use crate::{
    model::inventory::{
        pace::Pace,
        turns::{Asker, Turn, Turns},
    },
    server::{
        adapters::clock::{Clock, SystemClock},
        config::TargetSettings,
    },
};

/// AWS's own limits in calls per second, per account and Region (Kinesis service model). None is published for
/// `GetResources`.
const LIST_STREAMS: f64 = 5.0;
const DESCRIBE_STREAM_SUMMARY: f64 = 20.0;
const GET_RESOURCES: f64 = 4.0;
/// The part of AWS's limit that people may use while they wait.
const PART_FOR_PEOPLE: f64 = 0.5;
/// The number of reads in flight is what the rate starts in this time: no restriction while AWS answers, and a bound
/// while it doesn't.
const LONGEST_ANSWER: f64 = 2.0;

/// The limits of one target.
#[derive(Debug)]
pub struct Limits {
    pub list: Limiter,
    /// `DescribeStreamSummary`, by whom it is for.
    pub describe: Shared,
    /// `GetResources`, for tags.
    pub tags: Limiter,
    /// Permits for the collector's reads in flight.
    places: Arc<Semaphore>,
}

/// The budget of one operation.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    pub operation: &'static str,
    /// Calls per second while nothing is throttled.
    pub full: f64,
    /// The percentage of that in use.
    pub percent: u8,
}

/// The rate of an operation that people, changes and the collector share.
#[derive(Debug)]
pub struct Shared {
    turns: Mutex<Turns>,
    /// Somebody had a turn, or no longer waits.
    changed: Notify,
}

/// The rate of one operation.
#[derive(Debug)]
pub struct Limiter(Mutex<Pace>);

impl Limits {
    /// The limits of a target: its share of AWS's.
    pub fn new(settings: &TargetSettings) -> Self {
        let part = f64::from(settings.budget_percent) / 100.0 * f64::from(settings.speed);
        let limiter = |per_second: f64| Limiter(Mutex::new(Pace::new(per_second * part)));
        let for_people = DESCRIBE_STREAM_SUMMARY * PART_FOR_PEOPLE * f64::from(settings.speed);
        let describe = Turns::new(DESCRIBE_STREAM_SUMMARY * part, for_people);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 2 and some thousand")]
        let places = (DESCRIBE_STREAM_SUMMARY * part * LONGEST_ANSWER).ceil().max(2.0) as usize;
        Self {
            list: limiter(LIST_STREAMS),
            describe: Shared { turns: Mutex::new(describe), changed: Notify::new() },
            tags: limiter(GET_RESOURCES),
            places: Arc::new(Semaphore::new(places)),
        }
    }

    /// Waits for a permit for a read in flight. Never returns `None`: the semaphore is not closed.
    pub async fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().acquire_owned().await.ok()
    }

    /// The percentage of the read budget in use.
    pub fn percent(&self) -> u8 {
        self.list.percent().min(self.describe.percent())
    }

    /// The budgets of background reads.
    pub fn budgets(&self) -> [Budget; 3] {
        let Self { list, describe, tags, .. } = self;
        [
            Budget { operation: "ListStreams", full: list.per_second(), percent: list.percent() },
            Budget { operation: "DescribeStreamSummary", full: describe.per_second(), percent: describe.percent() },
            Budget { operation: "GetResources", full: tags.per_second(), percent: tags.percent() },
        ]
    }
}

impl Shared {
    /// Waits until the next call may be made for this asker.
    pub async fn turn(&self, asker: Asker) {
        let place = Place { of: self, ticket: self.turns.lock().join(asker) };
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            let now = SystemClock.steady();
            let asked = self.turns.lock().ask(place.ticket, now);
            match asked {
                Turn::Now => return,
                Turn::Behind => changed.await,
                Turn::At(at) => tokio::select! {
                    () = SystemClock.sleep(at.saturating_sub(now)) => {}
                    () = changed => {}
                },
            }
        }
    }

    /// Slows down if the answer was a throttle.
    pub fn heed<T>(&self, answer: &Result<T, ReadFailure>) {
        if is_throttle(answer) {
            self.turns.lock().throttled(SystemClock.steady());
        }
    }

    /// Shares what people may use among so many instances, of which one reads the background.
    pub fn share_among(&self, instances: u32, is_reader: bool) {
        self.turns.lock().share_among(instances, is_reader);
    }

    /// Counts a call that another instance has made.
    pub fn was_called_elsewhere(&self) {
        self.turns.lock().called_elsewhere(SystemClock.steady());
    }

    /// Calls per second that aren't for people, while nothing is throttled.
    pub fn per_second(&self) -> f64 {
        self.turns.lock().full()
    }

    /// How many wait for their turn.
    pub fn waiting(&self) -> usize {
        self.turns.lock().waiting()
    }

    fn percent(&self) -> u8 {
        self.turns.lock().percent(SystemClock.steady())
    }
}

/// A place among those who wait; given up when dropped.
struct Place<'a> {
    of: &'a Shared,
    ticket: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.of.turns.lock().leave(self.ticket);
        self.of.changed.notify_waiters();
    }
}

fn is_throttle<T>(answer: &Result<T, ReadFailure>) -> bool {
    answer.as_ref().is_err_and(|failure| failure.kind == ReadFailureKind::Throttled)
}

impl Limiter {
    /// Waits until the next call may be made.
    pub async fn turn(&self) {
        let turn = self.pace(|pace, now| pace.take(now).saturating_sub(now));
        if !turn.is_zero() {
            SystemClock.sleep(turn).await;
        }
    }

    /// Slows down if the answer was a throttle.
    pub fn heed<T>(&self, answer: &Result<T, ReadFailure>) {
        if is_throttle(answer) {
            self.pace(Pace::throttled);
        }
    }

    /// Calls per second while nothing is throttled.
    pub fn per_second(&self) -> f64 {
        self.pace(|pace, _| pace.full())
    }

    fn percent(&self) -> u8 {
        self.pace(Pace::percent)
    }

    fn pace<T>(&self, with: impl FnOnce(&mut Pace, Duration) -> T) -> T {
        with(&mut self.0.lock(), SystemClock.steady())
    }
}
