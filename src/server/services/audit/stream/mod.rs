//! Streams the audit chain to a receiver, row by row and in order.
//!
//! One instance streams at a time, under a lease. It records how far the chain came only once the receiver has it, so
//! whatever ends the process, no row is left out. What fails is tried again until it works; nothing waits for it.

mod batches;
mod progress;

use std::{io, sync::Arc, time::Duration};

use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    batches::batch_of,
    progress::{Progress, Trouble},
};
use crate::{
    model::access::chain_place::ChainPlace,
    server::{
        adapters::{
            audit_sink::{Batch, Sink, SinkError},
            clock::{self, Clock, SystemClock},
            metrics::families::{AUDIT_STREAM_LAG, AUDIT_STREAM_LAST},
            store::{Store, StoreError},
        },
        config::{StreamPlace, StreamSettings},
        services::supervisor::{Part, Supervisor},
    },
};

/// How often to look for new rows.
const LOOKED_FOR_EVERY: Duration = Duration::from_millis(500);
/// How often an instance that doesn't stream looks whether it should.
const TRIED_EVERY: Duration = Duration::from_secs(2);
/// How often the lease is renewed. What is left of it then is longer than a delivery takes.
const RENEWED_EVERY: Duration = Duration::from_secs(10);
/// A lease that is older is renewed before anything is delivered: the instance may have been suspended, and another one
/// may stream.
const DELIVERED_WITHIN: Duration = Duration::from_secs(15);
/// The pause after a first failure; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The most rows of a batch.
const MOST_ROWS: i64 = 200;
/// How often the gauges are set.
const MEASURED_EVERY: Duration = Duration::from_secs(5);

/// Why rows weren't streamed.
#[derive(Debug, Error)]
enum StreamError {
    #[error(transparent)]
    Sink(#[from] SinkError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a row could not be written as JSON: {0}")]
    Row(#[from] io::Error),
    #[error("the file ends with row {0}, which isn't in the audit chain; move the file away, and a new one begins")]
    NotOurs(i64),
    #[error("the database is behind row {0}, which was streamed")]
    Behind(i64),
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Delivered,
    /// There is nothing new.
    Idle,
    /// Another instance streams.
    Elsewhere,
    /// The file is at another place than the database knows.
    Found,
    /// The lease is so old that it must be renewed first.
    Late,
}

/// The stream of the audit chain to one receiver.
#[derive(Debug)]
pub struct ChainStream {
    store: Store,
    sink: Sink,
    /// The place as logs show it.
    shown: String,
    id: String,
}

impl ChainStream {
    /// Prepares a stream. Nothing is sent before [`ChainStream::begin`].
    ///
    /// # Errors
    /// If the settings name something that can't be used, such as a file of certificates.
    pub fn new(store: Store, settings: &StreamSettings) -> anyhow::Result<Self> {
        let (shown, id) = (settings.place.to_string(), id_of(&settings.place));
        Ok(Self { store, sink: Sink::new(settings)?, shown, id })
    }

    /// Streams in the background, until `stop`.
    pub fn begin(self, supervisor: &Arc<Supervisor>, tasks: &TaskTracker, stop: &CancellationToken) {
        let stream = Arc::new(self);
        let (measured, ends) = (stream.clone(), stop.clone());
        let part = Part::new("measuring the stream of the audit chain");
        supervisor.spawn(tasks, stop, part, move || measured.clone().measure_until(ends.clone()));
        let ends = stop.clone();
        let part = Part::new("streaming the audit chain");
        supervisor.spawn(tasks, stop, part, move || stream.clone().run(ends.clone()));
    }

    async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut progress = Progress::default();
        let mut trouble = None;
        loop {
            let step = tokio::select! {
                () = stop.cancelled() => return,
                step = self.step(&mut progress) => step,
            };
            let wait = self.wait_after(step, &mut trouble);
            tokio::select! {
                () = stop.cancelled() => return,
                () = clock::sleep(wait) => {}
            }
        }
    }

    /// Returns how long to wait after a step. Logs when steps begin to fail, when the reason changes, and when they
    /// work again.
    fn wait_after(&self, step: Result<Step, StreamError>, trouble: &mut Option<Trouble>) -> Duration {
        let shown = &self.shown;
        let error = match step {
            Ok(done @ (Step::Delivered | Step::Idle)) => {
                if trouble.take().is_some() {
                    tracing::info!("the audit chain is streamed to {shown} again");
                }
                return if done == Step::Delivered { Duration::ZERO } else { LOOKED_FOR_EVERY };
            }
            // What was found may be no good.
            Ok(Step::Found | Step::Late) => return Duration::ZERO,
            // That doesn't show that this instance can deliver: if it couldn't, its pauses go on growing.
            Ok(Step::Elsewhere) => return TRIED_EVERY,
            Err(error) => error,
        };
        let reason = error.to_string();
        if trouble.as_ref().is_none_or(|trouble| trouble.reason != reason) {
            tracing::error!(%error, "the audit chain can't be streamed to {shown}; trying until it works: {reason}");
        }
        let pause = trouble.take().map_or(FIRST_PAUSE, |last| (2 * last.pause).min(LONGEST_PAUSE));
        *trouble = Some(Trouble { reason, pause });
        pause
    }

    /// Delivers the next batch, if there is one and this instance streams.
    async fn step(&self, progress: &mut Progress) -> Result<Step, StreamError> {
        if !self.hold(progress).await? {
            return Ok(Step::Elsewhere);
        }
        if progress.batch.is_none() {
            progress.batch = self.next(progress).await?;
        }
        if progress.is_unrecorded && !self.record(progress).await? {
            return Ok(Step::Elsewhere);
        }
        let Some(batch) = &progress.batch else { return Ok(Step::Idle) };
        if !self.is_leased(progress, DELIVERED_WITHIN) {
            return Ok(Step::Late);
        }
        match self.sink.deliver(&progress.at, batch).await {
            Ok(()) => {}
            Err(SinkError::EndsWith(at)) => {
                let leased_at = progress.leased_at;
                *progress = Progress { leased_at, at, is_unrecorded: true, is_found: true, batch: None };
                return Ok(Step::Found);
            }
            Err(error) => return Err(error.into()),
        }
        progress.at = batch.last.clone();
        (progress.is_unrecorded, progress.is_found, progress.batch) = (true, false, None);
        Ok(if self.record(progress).await? { Step::Delivered } else { Step::Elsewhere })
    }

    /// Takes the lease, or renews it. Returns whether this instance has it.
    async fn hold(&self, progress: &mut Progress) -> Result<bool, StoreError> {
        if self.is_leased(progress, RENEWED_EVERY) {
            return Ok(true);
        }
        let now = SystemClock.steady();
        let Some(lease) = self.store.lease_audit_stream(&self.id).await? else {
            *progress = Progress::default();
            return Ok(false);
        };
        if progress.leased_at.is_none() || !lease.is_renewed {
            *progress = Progress { at: lease.at, ..Progress::default() };
        }
        progress.leased_at = Some(now);
        Ok(true)
    }

    /// Returns whether the lease was renewed within this time; if nobody else can take it, whether it was ever taken.
    fn is_leased(&self, progress: &Progress, within: Duration) -> bool {
        let within = if self.store.is_shared() { within } else { Duration::MAX };
        progress.is_leased(within, SystemClock.steady())
    }

    /// Records the last row that arrived. Returns whether this instance still has the lease.
    async fn record(&self, progress: &mut Progress) -> Result<bool, StoreError> {
        let now = SystemClock.steady();
        if !self.store.record_streamed(&self.id, &progress.at).await? {
            *progress = Progress::default();
            return Ok(false);
        }
        progress.leased_at = Some(now);
        progress.is_unrecorded = false;
        Ok(true)
    }

    /// Reads the rows after the last one that arrived, which is read again: if it isn't the same any more, another
    /// database was put in place, or rows were removed.
    async fn next(&self, progress: &mut Progress) -> Result<Option<Batch>, StreamError> {
        let at = progress.at.clone();
        let is_begun = at.seq > 0;
        let most = MOST_ROWS + i64::from(is_begun);
        let mut rows = self.store.audit_rows(at.seq.max(1), most).await?.into_iter();
        if !is_begun || rows.next().is_some_and(|row| row.seq == at.seq && row.hash == at.hash) {
            return Ok(batch_of(rows)?);
        }
        let seq = at.seq;
        // What was read may lag behind, and a standby that took over may lack the last rows.
        let known = self.store.streamed_in_chain(&self.id, &at).await?;
        if progress.is_found && known.as_ref() != Some(&at) {
            *progress = Progress::default();
            return Err(StreamError::NotOurs(seq));
        }
        let Some(known) = known else {
            tracing::error!(
                seq,
                "row {seq} of the audit chain isn't the one that was streamed; all rows are sent again"
            );
            (progress.at, progress.is_unrecorded) = (ChainPlace::default(), true);
            return Ok(None);
        };
        progress.is_unrecorded &= known == at;
        progress.at = known;
        Err(StreamError::Behind(seq))
    }

    async fn measure_until(self: Arc<Self>, stop: CancellationToken) {
        loop {
            let turn = async {
                self.measure().await;
                clock::sleep(MEASURED_EVERY).await;
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = turn => {}
            }
        }
    }

    /// Sets the gauges from the database alone, on every instance alike.
    async fn measure(&self) {
        // In this order, rows that are added and delivered in between don't count as missing.
        let (Ok(head), Ok(at)) = (self.store.audit_head().await, self.store.last_streamed(&self.id).await) else {
            return;
        };
        let (head, at) = (head.map_or(0, |(seq, _)| seq), at.unwrap_or_default().seq);
        metrics::gauge!(AUDIT_STREAM_LAG.name).set(head.saturating_sub(at).max(0) as f64);
        metrics::gauge!(AUDIT_STREAM_LAST.name).set(at as f64);
    }
}

/// Returns how the database names the stream to a place.
pub fn id_of(place: &StreamPlace) -> String {
    hex::encode(Sha256::digest(place.identity()))
}

#[cfg(test)]
mod tests;
