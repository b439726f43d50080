//! Delivers the queue's spans in batches, in a task of its own.
//!
//! A collector that is down costs one line in the log, and one more when it is back.

use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    collector::{Collector, Failure},
    environment::Batching,
    span::{Span, encoded},
};
use crate::server::adapters::{
    clock::{Clock, SystemClock, sleep, timeout},
    metrics::families::{SPANS_DROPPED, SPANS_EXPORTED},
};

/// The pause after a failure; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Takes spans out of the queue and delivers them.
#[derive(Debug)]
pub struct Exporter {
    pub spans: mpsc::Receiver<Span>,
    pub collector: Collector,
    pub resource: Vec<(String, String)>,
    pub batching: Batching,
    /// Once cancelled, what waits is delivered at once, and nothing after it.
    pub stop: CancellationToken,
    /// Whether the last delivery failed, which the log has said.
    pub is_failing: bool,
}

impl Exporter {
    /// Delivers until it is told to stop.
    pub async fn run(mut self) {
        loop {
            let batch = self.next_batch().await;
            if batch.is_empty() {
                return;
            }
            self.export(batch).await;
        }
    }

    /// Waits for spans, and for others to go with them. Empty once there will be no more.
    async fn next_batch(&mut self) -> Vec<Span> {
        let mut batch = Vec::new();
        tokio::select! {
            () = self.stop.cancelled() => {}
            first = self.spans.recv() => match first {
                Some(first) => batch.push(first),
                None => return batch,
            }
        }
        tokio::select! {
            () = self.stop.cancelled() => {}
            _ = timeout(self.batching.delay, fill(&mut self.spans, &mut batch, self.batching.batch)) => {}
        }
        if self.stop.is_cancelled() {
            self.spans.close();
            fill(&mut self.spans, &mut batch, self.batching.batch).await;
        }
        batch
    }

    /// Delivers a batch, again and again if it may help and until the time for it is over.
    async fn export(&mut self, batch: Vec<Span>) {
        let count = batch.len() as u64;
        let body = Bytes::from(encoded(&self.resource, batch));
        let begun = SystemClock.steady();
        let patience = self.batching.patience;
        let time_left = || patience.saturating_sub(SystemClock.steady().saturating_sub(begun));
        let mut pause = FIRST_PAUSE;
        loop {
            let failure = match self.collector.deliver(body.clone(), time_left()).await {
                Ok(rejected) => return self.record_delivery(count, rejected.min(count)),
                Err(failure) => failure,
            };
            self.record_failure(&failure);
            let wait = failure.retry_after().map_or(pause, |asked| asked.clamp(pause, LONGEST_PAUSE));
            if wait >= time_left() || !failure.may_pass() || self.stop.is_cancelled() {
                metrics::counter!(SPANS_DROPPED.name).increment(count);
                return;
            }
            tokio::select! {
                () = self.stop.cancelled() => {}
                () = sleep(wait) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn record_delivery(&mut self, count: u64, rejected: u64) {
        metrics::counter!(SPANS_EXPORTED.name).increment(count - rejected);
        let place = self.collector.place();
        if rejected > 0 {
            metrics::counter!(SPANS_DROPPED.name).increment(rejected);
            if !self.is_failing {
                tracing::warn!(collector = place, rejected, "the collector of traces at {place} rejects spans");
            }
        } else if self.is_failing {
            tracing::info!(collector = place, "the collector of traces at {place} takes spans again");
        }
        self.is_failing = rejected > 0;
    }

    /// Says so once, until it works again.
    fn record_failure(&mut self, failure: &Failure) {
        if self.is_failing {
            return;
        }
        self.is_failing = true;
        let place = self.collector.place();
        tracing::warn!(collector = place, error = %failure, "the collector of traces at {place} doesn't take spans: \
            {failure}; spans that it doesn't take in time are dropped");
    }
}

/// Fills a batch. When this is cancelled, what it has taken stays in the batch.
async fn fill(spans: &mut mpsc::Receiver<Span>, batch: &mut Vec<Span>, most: usize) {
    while batch.len() < most {
        match spans.recv().await {
            Some(span) => batch.push(span),
            None => return,
        }
    }
}
