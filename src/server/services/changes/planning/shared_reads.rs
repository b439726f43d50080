//! Fresh reads that everybody who opens the same confirmation at once shares.

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::Mutex;

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

/// The last fresh read of a stream; locked while one is under way, so that others wait for it instead of asking again.
type SharedRead = Arc<tokio::sync::Mutex<Option<(Moment, Result<StreamReport, ReadFailure>)>>>;

/// The fresh reads of the last moments.
#[derive(Debug)]
pub struct SharedReads {
    clock: Arc<dyn Clock>,
    reads: Arc<FreshReads>,
    slots: Mutex<HashMap<StreamId, SharedRead>>,
}

impl SharedReads {
    pub fn new(clock: Arc<dyn Clock>, reads: Arc<FreshReads>) -> Self {
        Self { clock, reads, slots: Mutex::default() }
    }

    /// A fresh read of a stream, or one that is under way or was made a moment ago.
    ///
    /// # Errors
    /// As the read failed.
    pub async fn read(&self, id: &StreamId) -> Result<StreamReport, ReadFailure> {
        let shared = {
            let mut slots = self.slots.lock();
            // Slots that nobody holds and that are over are forgotten, so the map stays as small as what is going on.
            slots.retain(|_, slot| slot.try_lock().map_or(true, |read| read.as_ref().is_some_and(|(at, _)| self.is_shared(*at))));
            slots.entry(id.clone()).or_default().clone()
        };
        let mut slot = shared.lock().await;
        if let Some((at, read)) = slot.as_ref()
            && self.is_shared(*at)
        {
            return read.clone();
        }
        let read = self.reads.read(id).await;
        *slot = Some((self.moment(), read.clone()));
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
