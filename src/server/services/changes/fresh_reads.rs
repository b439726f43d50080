//! Reads for users, which come first within the target's budget.

use std::{sync::Arc, time::Duration};

use crate::{
    model::{
        inventory::turns::Asker,
        stream::{StreamId, StreamReport},
    },
    server::{
        adapters::{
            aws::ReadFailure,
            clock::{self, Clock, Freshness},
        },
        services::inventory::Inventory,
    },
};

/// How long a confirmation waits for its fresh read.
const FRESH_READ_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a read for a user waits for its turn.
pub const TURN_TIMEOUT: Duration = Duration::from_secs(5);

/// Reads streams for users, and updates the inventory.
#[derive(Debug)]
pub struct FreshReads {
    inventory: Arc<Inventory>,
    clock: Arc<dyn Clock>,
}

impl FreshReads {
    pub const fn new(inventory: Arc<Inventory>, clock: Arc<dyn Clock>) -> Self {
        Self { inventory, clock }
    }

    /// Reads a stream for the page of a user, in at most 3 s, updating the inventory.
    pub async fn read(&self, id: &StreamId, user: &str) -> Result<StreamReport, ReadFailure> {
        self.read_for(id, Asker::Person, user).await.0
    }

    /// Reads a stream just before a change of this user is sent. Also returns the read's freshness, so that the change
    /// can be sent on it.
    pub async fn read_to_decide(&self, id: &StreamId, user: &str) -> (Result<StreamReport, ReadFailure>, Freshness) {
        self.read_for(id, Asker::Sending, user).await
    }

    async fn read_for(
        &self,
        id: &StreamId,
        asker: fn(String) -> Asker,
        user: &str,
    ) -> (Result<StreamReport, ReadFailure>, Freshness) {
        let failed = |why: &str| (Err(ReadFailure::other(why)), Freshness::begin(&self.clock));
        let Some(target) = self.inventory.target(id) else { return failed("no target of this account and Region") };
        let asker = if self.inventory.knows(id) { asker } else { Asker::Unlisted };
        let asker = asker(user.to_owned());
        if clock::timeout(TURN_TIMEOUT, target.limits.describe.turn(asker)).await.is_err() {
            return failed("too many people read streams of this target at once; AWS was not asked");
        }
        let fresh = Freshness::begin(&self.clock);
        let read = clock::timeout(FRESH_READ_TIMEOUT, target.read(&id.name)).await;
        let read = read.unwrap_or_else(|_| {
            // Names what took so long: credentials may take longer than any read.
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
