//! How often Keystream may call AWS: a rate per operation and target, at a fraction of AWS's own limit, which every
//! tool of the account shares. A throttled operation slows down for a while.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{ReadFailure, ReadFailureKind};
use crate::{
    model::inventory::pace::Pace,
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
/// The number of reads in flight is what the rate starts in this time: no restriction while AWS answers, and a bound
/// while it doesn't.
const LONGEST_ANSWER: f64 = 2.0;

/// The limits of one target.
#[derive(Debug)]
pub struct Limits {
    pub list: Limiter,
    /// `DescribeStreamSummary` for collecting and watching.
    pub describe: Limiter,
    /// `GetResources`, for tags.
    pub tags: Limiter,
    /// `DescribeStreamSummary` for people who open or send a confirmation: separate, so that they never queue behind
    /// the collector.
    reserve: DefaultDirectRateLimiter,
    /// Permits for the collector's reads in flight.
    places: Arc<Semaphore>,
}

/// The rate of one operation.
#[derive(Debug)]
pub struct Limiter(Mutex<Pace>);

impl Limits {
    /// The limits of a target: its share of AWS's.
    pub fn new(settings: &TargetSettings) -> Self {
        let part = f64::from(settings.budget_percent) / 100.0 * f64::from(settings.speed);
        let limiter = |per_second: f64| Limiter(Mutex::new(Pace::new(per_second * part)));
        let reserve =
            RateLimiter::direct(Quota::per_second(NonZeroU32::MIN).allow_burst(NonZeroU32::MIN.saturating_add(2)));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 2 and some thousand")]
        let places = (DESCRIBE_STREAM_SUMMARY * part * LONGEST_ANSWER).ceil().max(2.0) as usize;
        Self {
            list: limiter(LIST_STREAMS),
            describe: limiter(DESCRIBE_STREAM_SUMMARY),
            tags: limiter(GET_RESOURCES),
            reserve,
            places: Arc::new(Semaphore::new(places)),
        }
    }

    /// Waits until a stream may be read for a person.
    pub async fn reserve(&self) {
        self.reserve.until_ready().await;
    }

    /// Waits for a permit for a read in flight. Never returns `None`: the semaphore is not closed.
    pub async fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().acquire_owned().await.ok()
    }

    /// The percentage of the read budget in use.
    pub fn percent(&self) -> u8 {
        self.list.percent().min(self.describe.percent())
    }
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
        if answer.as_ref().is_err_and(|failure| failure.kind == ReadFailureKind::Throttled) {
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
