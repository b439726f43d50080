//! Reads for people: made at once, from what a target's budget keeps in reserve for them.

use std::{sync::Arc, time::Duration};

use crate::{
    model::stream::{StreamId, StreamReport},
    server::{
        adapters::{
            aws::ReadFailure,
            clock::{self, Clock, Freshness},
        },
        services::inventory::Inventory,
    },
};

/// A confirmation waits at most this long for its fresh read.
const FRESH_READ_TIMEOUT: Duration = Duration::from_secs(3);

/// A turn to read for a person is waited for at most this long.
pub const RESERVE_TIMEOUT: Duration = Duration::from_secs(5);

/// Reads a stream for a person. What it reads is kept in the inventory.
#[derive(Debug)]
pub struct FreshReads {
    inventory: Arc<Inventory>,
    clock: Arc<dyn Clock>,
}

impl FreshReads {
    pub const fn new(inventory: Arc<Inventory>, clock: Arc<dyn Clock>) -> Self {
        Self { inventory, clock }
    }

    /// One read for a person: from the reserve, at most 3 s, kept in the inventory.
    pub async fn read(&self, id: &StreamId) -> Result<StreamReport, ReadFailure> {
        self.read_to_decide(id).await.0
    }

    /// The same, with how fresh it is: a change may be sent on it.
    pub async fn read_to_decide(&self, id: &StreamId) -> (Result<StreamReport, ReadFailure>, Freshness) {
        let failed = |why: &str| (Err(ReadFailure::other(why)), Freshness::begin(&self.clock));
        let Some(target) = self.inventory.target(id) else { return failed("no target of this account and Region") };
        if clock::timeout(RESERVE_TIMEOUT, target.limits.reserve()).await.is_err() {
            return failed("too many people read streams of this target at once; AWS was not asked");
        }
        let fresh = Freshness::begin(&self.clock);
        let read = clock::timeout(FRESH_READ_TIMEOUT, target.read(&id.name)).await;
        let read = read.unwrap_or_else(|_| {
            // Said of what took the time: credentials may take longer than any read.
            let late = target.waits_for().map_or_else(
                || "AWS did not answer within 3 s".to_owned(),
                |what| format!("{what} have not come within 3 s"),
            );
            Err(ReadFailure::other(late))
        });
        match &read {
            Ok(report) => self.inventory.record_report(report.clone()),
            Err(failure) => self.inventory.record_failure(id, failure),
        }
        (read, fresh)
    }
}
