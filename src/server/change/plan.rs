//! The plan behind a confirmation: one fresh read, and what the form shows and carries from it.

use std::sync::{Arc, PoisonError};

use super::{Changes, RequestError};
use crate::{
    model::{
        command_line,
        encryption::KeyId,
        pages::{Confirmation, Plan, PlanOutcome},
        preconditions, retention,
        stream::{StreamKey, StreamReport, StreamStatus},
        timestamp::{SECOND_MS, Timestamp},
    },
    server::{
        aws::{ReadFailure, ReadFailureKind},
        random,
    },
};

/// All who open the same confirmation within this time share one read.
const SHARED_FOR_MS: i64 = 2 * SECOND_MS;

/// The last fresh read of a stream; locked while one is under way, so that others wait for it instead of asking again.
pub type SharedRead = Arc<tokio::sync::Mutex<Option<(Timestamp, Result<StreamReport, ReadFailure>)>>>;

impl Changes {
    /// What the confirmation of a disable shows.
    ///
    /// # Errors
    /// When no target has this account and Region, changes are switched off, or the journal cannot be read.
    pub async fn plan_disable(&self, key: &StreamKey) -> Result<Confirmation, RequestError> {
        let target = self.inventory.target(key).ok_or(RequestError::NotFound)?;
        if self.is_read_only || target.is_read_only {
            return Err(RequestError::ReadOnly);
        }
        let known = self.inventory.stream(key);
        let under_way = known.as_ref().and_then(|(row, _)| row.change.as_ref()).map(|marks| marks.id.clone());
        let plan = match under_way {
            Some(change) => PlanOutcome::UnderWay { change },
            None => match self.read_shared(key).await {
                Ok(report) => plan_of(report, self.clock.now()),
                Err(ReadFailure { kind: ReadFailureKind::NotFound, .. }) if known.is_none() => return Err(RequestError::NotFound),
                Err(failure) => {
                    let last_known = known.and_then(|(_, report)| report).map(Box::new);
                    PlanOutcome::Unread { why: failure.why, last_known }
                }
            },
        };
        let disables_in_24h = match &plan {
            PlanOutcome::Ready(plan) | PlanOutcome::Busy(plan) => self.disables_in_24h(&plan.report.arn).await?,
            _ => (0, 0),
        };
        Ok(Confirmation { stream: key.clone(), target: target.card(), now: self.clock.now(), plan, disables_in_24h, draft: None })
    }

    async fn read_shared(&self, key: &StreamKey) -> Result<StreamReport, ReadFailure> {
        let shared = {
            let mut reads = self.shared_reads.lock().unwrap_or_else(PoisonError::into_inner);
            // Slots that nobody holds and that are over are forgotten, so the map stays as small as what is going on.
            let now = self.clock.now();
            reads.retain(|_, slot| {
                slot.try_lock().map_or(true, |read| read.as_ref().is_some_and(|(at, _)| now.millis_since(*at) < SHARED_FOR_MS))
            });
            reads.entry(key.clone()).or_default().clone()
        };
        let mut slot = shared.lock().await;
        if let Some((at, read)) = slot.as_ref()
            && self.clock.now().millis_since(*at) < SHARED_FOR_MS
        {
            return read.clone();
        }
        let read = self.read_fresh(key).await;
        *slot = Some((self.clock.now(), read.clone()));
        read
    }
}

fn plan_of(report: StreamReport, now: Timestamp) -> PlanOutcome {
    let plan = |report: StreamReport, key: KeyId| {
        Box::new(Plan {
            request_id: random::text(26),
            command: command_line::stop_stream_encryption(&report.arn, &key),
            key_needed_until: retention::key_needed_until(now, report.retention_hours),
            key,
            report,
        })
    };
    match preconditions::of_report(&report) {
        Ok(key) => PlanOutcome::Ready(plan(report, key)),
        Err(precondition) => match (&report.status, report.key().cloned()) {
            // Only that it is UPDATING stands in the way: it may be sent when that is over.
            (StreamStatus::Updating, Some(key)) => PlanOutcome::Busy(plan(report, key)),
            _ => PlanOutcome::Refused { why: preconditions::words(&precondition, &report), report: Box::new(report) },
        },
    }
}
