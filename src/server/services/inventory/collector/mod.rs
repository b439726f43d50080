//! The collector of one target: lists its streams, reads each of them, and reads their tags, never faster than the
//! target's limits allow. Its failures affect no other target. Every instance has one, which rests while the target is
//! paused or another instance reads it.

mod listing;
mod tags;

use std::{
    collections::HashSet,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use parking_lot::{Mutex, MutexGuard};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Inventory, health::Finding};
use crate::{
    model::{
        inventory::{ROW_IS_FRESH_MS, relist_every_ms, turns::Asker},
        stream::{StreamId, StreamName},
        time::Timestamp,
    },
    server::{
        adapters::{
            aws::{ReadFailure, ReadFailureKind, targets::Target},
            clock::{Clock, SystemClock, sleep, timeout},
            tasks::spawn_into,
        },
        services::supervisor::{Part, Supervisor},
    },
};

/// The pause after a failed listing; doubled after each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The most names in a listing, more than any account has: a longer listing is a loop.
const MOST_STREAMS: usize = 100_000;
/// How many times a throttled page of a listing is requested again.
const MOST_THROTTLES: usize = 8;
/// How often to check what is due. Only a stream that someone begins to view is due sooner.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How many consecutive reads, of any streams, must fail before the target counts as behind.
const MOST_FAILURES: u32 = 3;
/// The longest pause before a listing is retried while AWS refuses the credentials, or there are none: renewed ones
/// must be used within a minute.
const PAUSE_WITHOUT_CREDENTIALS: Duration = Duration::from_secs(15);

/// Collects one target until the token is cancelled. Panics of its reads are reported to the supervisor.
pub async fn run(supervisor: Arc<Supervisor>, inventory: Arc<Inventory>, target: Arc<Target>, stop: CancellationToken) {
    let collector = Arc::new(Collector {
        inventory,
        target,
        supervisor,
        failures: Mutex::default(),
        doubted: Mutex::default(),
        has_asked_sts: AtomicBool::new(false),
    });
    tokio::select! {
        () = stop.cancelled() => {}
        () = collector.list_again_and_again() => {}
        () = collector.clone().read_rows() => {}
        () = collector.read_tags_again_and_again() => {}
    }
}

struct Collector {
    inventory: Arc<Inventory>,
    target: Arc<Target>,
    supervisor: Arc<Supervisor>,
    failures: Mutex<Failures>,
    /// The streams that the last listing omitted, if they were too many to be believed at once.
    doubted: Mutex<Option<HashSet<StreamId>>>,
    /// Whether STS was asked whose credentials these are, for a listing that doesn't say.
    has_asked_sts: AtomicBool,
}

/// A stream that is being read. It returns to the queue however the read ends.
struct Taken {
    collector: Arc<Collector>,
    name: StreamName,
}

impl Drop for Taken {
    fn drop(&mut self) {
        let Self { collector, name } = self;
        if std::thread::panicking() {
            let failure = ReadFailure::other("Keystream failed while it read this stream; its log says why");
            collector.inventory.record_failure(&collector.target.stream_id(name), &failure);
            collector.supervisor.record_panic(&Part::of("reading streams", collector.target.label()));
        }
        collector.give_back(name);
    }
}

/// Consecutive failed reads.
#[derive(Debug, Default)]
struct Failures {
    in_a_row: u32,
    last: String,
}

impl Failures {
    fn add(&mut self, why: String) {
        self.in_a_row += 1;
        self.last = why;
    }
}

impl Collector {
    async fn list_again_and_again(&self) {
        let mut pause = FIRST_PAUSE;
        loop {
            self.until_allowed().await;
            let begun = SystemClock.steady();
            match self.list().await {
                Ok(streams) => {
                    let finding =
                        Finding::Listed { by_aws: self.target.streams.is_empty(), reads_fail: self.reads_fail() };
                    self.inventory.record_finding(&self.target, finding);
                    pause = FIRST_PAUSE;
                    let period = relist_every_ms(
                        u32::try_from(streams).unwrap_or(u32::MAX),
                        self.target.limits.list.per_second(),
                    );
                    let due = begun + Duration::from_millis(period.unsigned_abs());
                    sleep(due.saturating_sub(SystemClock.steady())).await;
                }
                Err(ReadFailure { kind, why, .. }) => {
                    let label = self.target.label();
                    let without_credentials =
                        matches!(kind, ReadFailureKind::NoCredentials | ReadFailureKind::CredentialsRefused);
                    let longest = if without_credentials { PAUSE_WITHOUT_CREDENTIALS } else { LONGEST_PAUSE };
                    pause = pause.min(longest);
                    tracing::warn!(target_name = label, why, "listing {label} failed: {why}");
                    let again_in_ms = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
                    self.inventory.record_finding(&self.target, Finding::ListingFailed { why, again_in_ms });
                    sleep(pause).await;
                    pause = (2 * pause).min(longest);
                }
            }
        }
    }

    /// Reads rows as they become due. Each row is chosen only when its turn comes, so that a stream that someone begins
    /// to view doesn't wait.
    async fn read_rows(self: Arc<Self>) {
        let mut reads = JoinSet::new();
        loop {
            self.until_allowed().await;
            self.until_due().await;
            let Some(place) = self.target.limits.place().await else { return };
            self.target.limits.describe.turn(Asker::Collector).await;
            if !self.inventory.may_read(&self.target) {
                continue;
            }
            while reads.try_join_next().is_some() {}
            if let Some(name) = self.take_due() {
                let taken = Taken { collector: self.clone(), name };
                spawn_into(&mut reads, async move {
                    taken.collector.read(&taken.name).await;
                    drop(taken);
                    drop(place);
                });
            }
        }
    }

    async fn read(&self, name: &StreamName) {
        match self.target.read(name).await {
            Ok(report) => {
                *self.failures() = Failures::default();
                self.inventory.record_report(report);
                self.inventory.record_finding(&self.target, Finding::Read);
            }
            Err(failure) => {
                self.inventory.record_failure(&self.target.stream_id(name), &failure);
                // A missing stream or a throttle says nothing about the target.
                if !matches!(failure.kind, ReadFailureKind::NotFound | ReadFailureKind::Throttled) {
                    self.failures().add(failure.in_short);
                    if let Some(why) = self.reads_fail() {
                        self.inventory.record_finding(&self.target, Finding::ReadsFail { why });
                    }
                }
            }
        }
    }

    /// Returns why reads fail, if so many failed in a row that it says something about the target.
    fn reads_fail(&self) -> Option<String> {
        let failures = self.failures();
        (failures.in_a_row >= MOST_FAILURES).then(|| failures.last.clone())
    }

    fn failures(&self) -> MutexGuard<'_, Failures> {
        self.failures.lock()
    }

    async fn until_allowed(&self) {
        while !self.inventory.may_read(&self.target) {
            self.inventory.rung(&self.target, LOOK_AGAIN).await;
        }
    }

    async fn until_due(&self) {
        loop {
            let now = self.inventory.clock.now();
            match self.inventory.next_due_at(&self.target) {
                Some(at) if at <= now => return,
                next => {
                    let until =
                        next.map_or(LOOK_AGAIN, |at| Duration::from_millis(at.millis_since(now).unsigned_abs()));
                    self.inventory.rung(&self.target, until.min(LOOK_AGAIN)).await;
                }
            }
        }
    }

    fn take_due(&self) -> Option<StreamName> {
        let index = self.inventory.index_of(&self.target)?;
        let now = self.inventory.clock.now();
        self.inventory.write().queues[index].take(now, now.plus_millis(ROW_IS_FRESH_MS))
    }

    fn give_back(&self, name: &StreamName) {
        if let Some(index) = self.inventory.index_of(&self.target) {
            self.inventory.write().queues[index].give_back(name);
        }
    }
}

impl Inventory {
    fn next_due_at(&self, target: &Target) -> Option<Timestamp> {
        let index = self.index_of(target)?;
        let now = self.clock.now();
        self.read().queues[index].next_at(now, now.plus_millis(ROW_IS_FRESH_MS))
    }

    fn is_listed(&self, target: &Target) -> bool {
        !target.streams.is_empty()
            || self.index_of(target).is_some_and(|index| self.read().health[index].last_listed.is_some())
    }

    /// Waits until the target's bell rings, but at most this long.
    async fn rung(&self, target: &Target, at_most: Duration) {
        if let Some(index) = self.index_of(target) {
            let _ = timeout(at_most, self.bells[index].notified()).await;
        }
    }

    fn ring(&self, target: &Target) {
        if let Some(index) = self.index_of(target) {
            self.bells[index].notify_one();
        }
    }
}
