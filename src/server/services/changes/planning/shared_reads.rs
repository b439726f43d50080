//! Fresh reads that everybody who opens the same confirmation at once shares.

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

/// All who open the same confirmation within this time share one read.
const SHARED_FOR: Duration = Duration::from_secs(2);

/// Of more streams no read is shared.
const MOST_SHARED: u64 = 1_000;

/// The fresh reads of the last moments.
#[derive(Debug)]
pub struct SharedReads {
    clock: Arc<dyn Clock>,
    reads: Arc<FreshReads>,
    /// The last read of each stream, and when it was done. Whoever comes while one is under way waits for it.
    last: Cache<StreamId, (Moment, Result<StreamReport, ReadFailure>)>,
}

impl SharedReads {
    pub fn new(clock: Arc<dyn Clock>, reads: Arc<FreshReads>) -> Self {
        // This drops what is over, by the machine's clock; what is still shared is for the injected clock to say.
        let last = Cache::builder().max_capacity(MOST_SHARED).time_to_live(SHARED_FOR).build();
        Self { clock, reads, last }
    }

    /// A fresh read of a stream, or one that is under way or was made a moment ago.
    ///
    /// # Errors
    /// As the read failed.
    pub async fn read(&self, id: &StreamId) -> Result<StreamReport, ReadFailure> {
        let reading = async {
            let read = self.reads.read(id).await;
            (self.moment(), read)
        };
        let (_, read) =
            self.last.entry_by_ref(id).or_insert_with_if(reading, |(at, _)| !self.is_shared(*at)).await.into_value();
        read
    }

    /// Whether a read of this moment is still shared; one from before the clock was set is not.
    fn is_shared(&self, at: Moment) -> bool {
        at.age(self.moment()) < SHARED_FOR
    }

    fn moment(&self) -> Moment {
        Moment { wall: self.clock.now(), steady: self.clock.steady() }
    }
}
