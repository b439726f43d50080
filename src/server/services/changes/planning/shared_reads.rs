//! Fresh reads shared by everyone who opens the same confirmation at the same time.

use std::{sync::Arc, time::Duration};

use moka::future::Cache;

use crate::{
    model::stream::{StreamId, StreamReport},
    server::{
        adapters::{
            aws::ReadFailure,
            clock::{Clock, Moment},
        },
        services::changes::fresh_reads::FreshReads,
    },
};

/// How long a read is shared.
const SHARED_FOR: Duration = Duration::from_secs(2);

/// The most streams whose reads are shared.
const MOST_SHARED: u64 = 1_000;

/// The fresh reads of the last seconds.
#[derive(Debug)]
pub struct SharedReads {
    clock: Arc<dyn Clock>,
    reads: Arc<FreshReads>,
    /// The last read of each stream, and when it finished. Later callers wait for a read in flight.
    last: Cache<StreamId, (Moment, Result<StreamReport, ReadFailure>)>,
}

impl SharedReads {
    pub fn new(clock: Arc<dyn Clock>, reads: Arc<FreshReads>) -> Self {
        // The cache evicts by the machine's clock; the injected clock decides what is still shared.
        let last = Cache::builder().max_capacity(MOST_SHARED).time_to_live(SHARED_FOR).build();
        Self { clock, reads, last }
    }

    /// Reads a stream for a user, or returns a read that is in flight or was just made.
    ///
    /// # Errors
    /// If the read failed.
    pub async fn read(&self, id: &StreamId, user: &str) -> Result<StreamReport, ReadFailure> {
        let reading = async {
            let read = self.reads.read(id, user).await;
            (self.moment(), read)
        };
        let (_, read) =
            self.last.entry_by_ref(id).or_insert_with_if(reading, |(at, _)| !self.is_shared(*at)).await.into_value();
        read
    }

    /// Returns whether a read from this moment may still be shared; not if the clock was set since.
    fn is_shared(&self, at: Moment) -> bool {
        at.age(self.moment()) < SHARED_FOR
    }

    fn moment(&self) -> Moment {
        Moment { wall: self.clock.now(), steady: self.clock.steady() }
    }
}
