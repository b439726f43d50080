//! The queue of finished spans.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::{ids::TraceId, sampler::Sampler, span::Span};
use crate::server::adapters::metrics::families::SPANS_DROPPED;

/// Takes finished spans. The default is off, and takes none.
#[derive(Debug, Clone, Default)]
pub struct Traces(Option<Arc<Queue>>);

#[derive(Debug)]
struct Queue {
    sampler: Sampler,
    waiting: mpsc::Sender<Span>,
}

/// Returns a queue of at most so many spans, and where they come out.
pub fn channel(sampler: Sampler, most: usize) -> (Traces, mpsc::Receiver<Span>) {
    let (waiting, spans) = mpsc::channel(most);
    (Traces(Some(Arc::new(Queue { sampler, waiting }))), spans)
}

impl Traces {
    /// Returns whether spans of this trace are recorded, so that no other need be made.
    pub fn takes(&self, trace: TraceId) -> bool {
        self.0.as_ref().is_some_and(|queue| queue.sampler.takes(trace))
    }

    /// Queues a span of a trace that is recorded. Never waits: while the queue is full, spans are dropped.
    pub fn record(&self, span: Span) {
        if let Some(queue) = &self.0
            && queue.waiting.try_send(span).is_err()
        {
            metrics::counter!(SPANS_DROPPED.name).increment(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::adapters::traces::span::tests::span;

    #[tokio::test]
    async fn a_full_queue_takes_no_more_and_stops_nothing() {
        let (traces, mut spans) = channel(Sampler::Always, 2);
        for number in 0..9 {
            traces.record(span(number));
        }
        assert_eq!((spans.recv().await, spans.recv().await), (Some(span(0)), Some(span(1))));
        traces.record(span(10));
        assert_eq!(spans.recv().await, Some(span(10)));
        drop(spans);
        traces.record(span(11));
    }

    #[test]
    fn the_default_is_off() {
        let traces = Traces::default();
        assert!(!traces.takes(TraceId([1; 16])));
        traces.record(span(0));
    }
}
