//! Reads for users, which come first within the target's budget.

use std::{sync::Arc, time::Duration};

use crate::{
    model::{
        inventory::turns::Asker,
        stream::{StreamId, StreamReport},
    },
    server::{
        adapters::{
            aws::{ReadFailure, targets::Target},
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

    /// Waits until a stream may be read for the page of a user.
    ///
    /// # Errors
    /// If the stream has no target, or too many others wait.
    pub async fn turn(&self, id: &StreamId, user: &str) -> Result<(), ReadFailure> {
        self.turn_of(id, Asker::Person, user).await.map(drop)
    }

    /// Reads a stream, after a turn, in at most 3 s, updating the inventory.
    ///
    /// # Errors
    /// If the read failed.
    pub async fn read(&self, id: &StreamId) -> Result<StreamReport, ReadFailure> {
        let target = self.target(id)?;
        self.read_from(&target, id).await.0
    }

    /// Reads a stream just before a change of this user is sent. Also returns the read's freshness, so that the change
    /// can be sent on it.
    pub async fn read_to_decide(&self, id: &StreamId, user: &str) -> (Result<StreamReport, ReadFailure>, Freshness) {
        match self.turn_of(id, Asker::Sending, user).await {
            Ok(target) => self.read_from(&target, id).await,
            Err(failure) => (Err(failure), Freshness::begin(&self.clock)),
        }
    }

    fn target(&self, id: &StreamId) -> Result<Arc<Target>, ReadFailure> {
        self.inventory.target(id).ok_or_else(|| ReadFailure::other("no target of this account and Region"))
    }

    async fn turn_of(&self, id: &StreamId, asker: fn(String) -> Asker, user: &str) -> Result<Arc<Target>, ReadFailure> {
        let target = self.target(id)?;
        let asker = if self.inventory.knows(id) { asker } else { Asker::Unlisted };
        match clock::timeout(TURN_TIMEOUT, target.limits.describe.turn(asker(user.to_owned()))).await {
            Ok(()) => Ok(target),
            Err(_) => Err(ReadFailure::other("too many people read streams of this target at once; AWS was not asked")),
        }
    }

    async fn read_from(&self, target: &Target, id: &StreamId) -> (Result<StreamReport, ReadFailure>, Freshness) {
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
