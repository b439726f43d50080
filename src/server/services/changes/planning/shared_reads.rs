//! Fresh reads shared by everyone who opens the same confirmation at the same time.

use std::{collections::HashMap, pin::pin, sync::Arc, time::Duration};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{
    model::stream::{StreamId, StreamReport},
    server::{
        adapters::{
            aws::ReadFailure,
            clock::{Clock, Moment},
            tasks::spawn,
        },
        services::changes::fresh_reads::FreshReads,
    },
};

/// How long a read is shared.
const SHARED_FOR: Duration = Duration::from_secs(2);

/// A read, and when it finished.
type Reading = Shared<BoxFuture<'static, (Moment, Result<StreamReport, ReadFailure>)>>;

/// The fresh reads of the last seconds.
#[derive(Debug)]
pub struct SharedReads {
    clock: Arc<dyn Clock>,
    reads: Arc<FreshReads>,
    /// The last read of each stream.
    last: Mutex<HashMap<StreamId, Reading>>,
    /// A read began.
    begun: Notify,
}

impl SharedReads {
    pub fn new(clock: Arc<dyn Clock>, reads: Arc<FreshReads>) -> Self {
        Self { clock, reads, last: Mutex::default(), begun: Notify::new() }
    }

    /// Reads a stream for a user, or returns a read that is in flight or was just made. Of those who wait for a turn at
    /// the same stream, the first one to get it reads for all.
    ///
    /// # Errors
    /// If the read failed, or nobody got a turn in time.
    pub async fn read(&self, id: &StreamId, user: &str) -> Result<StreamReport, ReadFailure> {
        let mut turn = pin!(self.reads.turn(id, user));
        loop {
            let mut begun = pin!(self.begun.notified());
            begun.as_mut().enable();
            if let Some(reading) = self.current(id) {
                return reading.await.1;
            }
            tokio::select! {
                turn = &mut turn => {
                    turn?;
                    return self.begin(id).await.1;
                }
                () = begun => {}
            }
        }
    }

    /// Returns the read that may be shared now, if there is one.
    fn current(&self, id: &StreamId) -> Option<Reading> {
        self.last.lock().get(id).filter(|reading| self.is_shared(reading)).cloned()
    }

    /// Begins a read, and tells those who wait for one.
    fn begin(&self, id: &StreamId) -> Reading {
        let mut last = self.last.lock();
        last.retain(|_, reading| self.is_shared(reading));
        let reading = last.entry(id.clone()).or_insert_with(|| self.spawn(id.clone())).clone();
        drop(last);
        self.begun.notify_waiters();
        reading
    }

    /// Reads in tasks, which finish even if nobody waits any more: whoever comes later must not get an old answer.
    fn spawn(&self, id: StreamId) -> Reading {
        let (reads, clock) = (self.reads.clone(), self.clock.clone());
        let task = spawn(async move { reads.read(&id).await });
        let finished = async move {
            let read = task.await.unwrap_or_else(|_| Err(ReadFailure::other("the read broke off")));
            (moment(&*clock), read)
        };
        let reading = finished.boxed().shared();
        spawn(reading.clone());
        reading
    }

    /// Returns whether a read is in flight or was just made; not if the clock was set since.
    fn is_shared(&self, reading: &Reading) -> bool {
        reading.peek().is_none_or(|(at, _)| at.age(moment(&*self.clock)) < SHARED_FOR)
    }
}

/// Now, by the clocks that changes go by.
fn moment(clock: &dyn Clock) -> Moment {
    Moment { wall: clock.now(), steady: clock.steady() }
}
