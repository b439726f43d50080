//! Active changes: the one call of each, the watch until AWS has finished, and resuming those that nobody works on.

mod arm;
mod job;
mod journal;
mod resume;
mod revert;
mod send;
mod timeline;
mod typical_duration;
mod watch;

use std::sync::Arc;

use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

pub use self::{job::Job, timeline::Timeline};
use self::{
    job::{InFlight, InFlightGuard},
    journal::Journal,
    revert::SettledWatch,
    typical_duration::Durations,
};
use super::{collaborators::Collaborators, fresh_reads::FreshReads, quota::Quotas};
use crate::{
    model::change::{Action, TypicalDuration},
    server::{
        adapters::{
            aws::targets::Target,
            clock::{Clock, Freshness},
            store::Store,
            tasks::spawn_on,
            traces::Traces,
        },
        services::{inventory::Inventory, keys::Keys, read_only::ReadOnly},
    },
};

/// Works on changes, each in its own task that only the end of the server ends.
#[derive(Debug)]
pub struct Worker {
    store: Store,
    inventory: Arc<Inventory>,
    clock: Arc<dyn Clock>,
    read_only: ReadOnly,
    traces: Traces,
    tasks: TaskTracker,
    stop: CancellationToken,
    keys: Arc<Keys>,
    quotas: Arc<Quotas>,
    reads: Arc<FreshReads>,
    journal: Arc<Journal>,
    settled: Arc<SettledWatch>,
    /// How long past changes took here.
    durations: Durations,
    /// The changes that tasks of this process are working on.
    in_flight: InFlight,
}

impl Worker {
    /// Creates a worker without any changes.
    pub fn new(with: &Collaborators) -> Self {
        let Collaborators { store, inventory, clock, read_only, traces, tasks, stop, keys, quotas, reads, .. } =
            with.clone();
        let journal = Arc::new(Journal::new(with));
        Self {
            settled: Arc::new(SettledWatch::new(with, journal.clone())),
            durations: Durations::default(),
            in_flight: InFlight::default(),
            store,
            inventory,
            clock,
            read_only,
            traces,
            tasks,
            stop,
            keys,
            quotas,
            reads,
            journal,
        }
    }

    /// Returns how long changes of this kind typically take here; `None` if too few are known.
    pub fn typical_duration(&self, action: Action) -> Option<TypicalDuration> {
        self.durations.of(action)
    }

    /// Marks a change as in flight before it can be in the journal, so that no other task resumes it.
    pub fn take_in_hand(&self, id: &str) -> InFlightGuard {
        self.in_flight.take(id)
    }

    /// Sends a newly recorded change, or waits until its stream is ACTIVE, and watches it to its end. `read` is the
    /// read that its form was checked against.
    pub fn start(self: &Arc<Self>, job: Job, target: Arc<Target>, read: Freshness) {
        let (worker, span) = (self.clone(), job.span());
        let work = async move {
            if job.change.is_waiting() {
                worker.wait_and_send(job, target).await;
            } else {
                worker.send(job, target, read).await;
            }
        };
        spawn_on(&self.tasks, work.instrument(span));
    }

    /// Ends a change that may or may not have been recorded, without sending it.
    pub fn abandon(self: &Arc<Self>, job: Job) {
        let (worker, span) = (self.clone(), job.span());
        spawn_on(&self.tasks, async move { worker.expire(job).await }.instrument(span));
    }
}
