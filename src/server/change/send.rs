//! The one mutating call of a change. *Sent* is on disk before it goes out; whatever comes back is written, however long
//! the database takes.

use std::{sync::Arc, time::Duration};

use super::{Changes, timeline::Timeline};
use crate::{
    model::{
        change::{Change, End, Ending, Saw, Step},
        refusal::{Refusal, RefusalKind},
        schedule::FIRST_READ_MS,
        timestamp::SECOND_MS,
    },
    server::{
        aws::{ReadFailureKind, SendOutcome, targets::Target},
        store::StoreError,
    },
};

/// A request is never sent later than this after it was recorded: the person may have been told that it was not.
const LATEST_MS: i64 = 20 * SECOND_MS;
/// AWS allows this many successful disables in 24 h.
const QUOTA: u32 = 25;

impl Changes {
    /// Sends a recorded change and watches it to its end.
    pub(super) async fn send(self: Arc<Self>, mut change: Change, timeline: Timeline, target: Arc<Target>) {
        let Some(key) = change.key.clone() else {
            tracing::error!(change_id = change.id, "change {} was recorded without a key; it is not sent", change.id);
            return;
        };
        let now = timeline.now();
        let latest = change.armed_until.unwrap_or_else(|| change.requested_at.plus_millis(LATEST_MS));
        if now > latest {
            tracing::warn!(change_id = change.id, "change {} took too long to record and is not sent", change.id);
            let expired = Step::Ended(Ending { at: now, how: End::Expired });
            self.record_surely(&mut change, vec![expired], "change.expired").await;
            return;
        }
        match self.record(&mut change, vec![Step::Sent { at: now }], "change.sent").await {
            Ok(()) => {}
            // Cancelled in this moment.
            Err(StoreError::Ended) => return,
            Err(error) => {
                // Not on disk, so not sent, now or later.
                tracing::error!(%error, change_id = change.id, "change {} could not be marked as sent and is not sent", change.id);
                let expired = Step::Ended(Ending { at: timeline.now(), how: End::Expired });
                self.record_surely(&mut change, vec![expired], "change.expired").await;
                return;
            }
        }
        let outcome = target.kinesis.stop_stream_encryption(&change.arn, &key).await;
        let at = timeline.now();
        match outcome {
            SendOutcome::Accepted { request_id } => {
                self.record_surely(&mut change, vec![Step::Accepted { at, request_id }], "change.accepted").await;
            }
            SendOutcome::Unknown { why } => {
                self.record_surely(&mut change, vec![Step::LostTrack { at, why }], "change.outcome-unknown").await;
            }
            SendOutcome::Rejected(refusal) => {
                let refusal = self.explain(refusal, &change, &target).await;
                let rejected = Step::Ended(Ending { at, how: End::Rejected(refusal) });
                self.record_surely(&mut change, vec![rejected], "change.rejected").await;
                return;
            }
        }
        self.watch(change, timeline, Duration::from_millis(FIRST_READ_MS.unsigned_abs())).await;
    }

    /// Adds to a refusal what only the journal or one more read knows.
    async fn explain(&self, mut refusal: Refusal, change: &Change, target: &Target) -> Refusal {
        match refusal.kind {
            RefusalKind::LimitUnclear { .. } => {
                let (counted, _) = self.disables_in_24h(&change.arn).await.unwrap_or_default();
                let frees_at = self.next_disable_frees_at(&change.arn).await.ok().flatten();
                refusal.kind = match frees_at {
                    Some(next_frees_at) if counted >= QUOTA => RefusalKind::QuotaUsed { next_frees_at },
                    _ => RefusalKind::LimitUnclear { counted },
                };
            }
            RefusalKind::ResourceInUse | RefusalKind::ResourceNotFound => {
                target.limits.describe().await;
                refusal.read_after = Some(match target.read_arn(&change.arn).await {
                    Ok(report) => {
                        let saw = Saw::State { status: report.status.clone(), encryption: report.encryption.clone() };
                        self.inventory.note_report(report).await;
                        saw
                    }
                    Err(failure) if failure.kind == ReadFailureKind::NotFound => Saw::NotFound,
                    Err(failure) => Saw::Failed { why: failure.why },
                });
            }
            _ => {}
        }
        refusal
    }
}
