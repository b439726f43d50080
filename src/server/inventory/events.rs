//! What browsers are told: small frames of what moved, in the order of commits. There is no log; a browser that missed
//! something is told what is newer than what it has, or to start over.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use tokio::sync::broadcast;

use crate::model::pages::EventFrame;

/// Frames a slow reader may be behind before it is told to start over.
const BACKLOG: usize = 64;

/// The fan-out of frames.
#[derive(Debug)]
pub struct Events {
    frames: broadcast::Sender<Arc<EventFrame>>,
    rev: AtomicI64,
    /// Deletions up to here are forgotten: a browser that is older than that must start over.
    floor: AtomicI64,
}

/// What a browser's connection gets next.
#[derive(Debug)]
pub enum Delivery {
    Frame(Arc<EventFrame>),
    /// The reader was too slow, or the server stops: start over.
    Reset,
}

impl Events {
    /// A fan-out that begins after the commit `rev`.
    pub fn new(rev: i64) -> Self {
        Self { frames: broadcast::channel(BACKLOG).0, rev: AtomicI64::new(rev), floor: AtomicI64::new(0) }
    }

    /// Everything committed up to here was published.
    pub fn rev(&self) -> i64 {
        self.rev.load(Ordering::Acquire)
    }

    /// The oldest `rev` from which a browser can catch up.
    pub fn floor(&self) -> i64 {
        self.floor.load(Ordering::Acquire)
    }

    pub(super) fn raise_floor(&self, rev: i64) {
        self.floor.fetch_max(rev, Ordering::AcqRel);
    }

    /// Everything committed up to here has been published, by this instance or for others.
    pub fn advance(&self, rev: i64) {
        self.rev.fetch_max(rev, Ordering::AcqRel);
    }

    /// Tells every connection. Without any, nothing happens.
    pub(super) fn publish(&self, frame: EventFrame) {
        self.rev.fetch_max(frame.rev, Ordering::AcqRel);
        let _ = self.frames.send(Arc::new(frame));
    }

    /// A connection's view of what is published from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<EventFrame>> {
        self.frames.subscribe()
    }

    /// Waits for the next frame of a subscription.
    pub async fn next(receiver: &mut broadcast::Receiver<Arc<EventFrame>>) -> Delivery {
        match receiver.recv().await {
            Ok(frame) => Delivery::Frame(frame),
            Err(broadcast::error::RecvError::Lagged(_) | broadcast::error::RecvError::Closed) => Delivery::Reset,
        }
    }
}
