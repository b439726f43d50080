//! The one mutating call of a change. *Sent* is on disk before it goes out; whatever comes back is written, however long
//! the database takes.

use std::{sync::Arc, time::Duration};

use super::{
    Changes,
    journal::{Job, Written},
    quota::Asking,
};
use crate::{
    model::{
        change::{Change, End, Ending, Saw, Step},
        refusal::{Obstacle, Refusal, RefusalKind},
        schedule::FIRST_READ_MS,
        timestamp::SECOND_MS,
    },
    server::{
        aws::{ReadFailureKind, SendOutcome, targets::Target},
        clock::{Clock, SystemClock},
        store::{StoreError, leases::LEASE_MS},
    },
};

/// A request is never sent later than this after its form came: the person may have been told that it was not.
const LATEST_MS: i64 = 20 * SECOND_MS;
/// Half a lease, by the machine's clock.
const HELD_UP: Duration = Duration::from_millis(LEASE_MS.unsigned_abs() / 2);

impl Changes {
    /// Sends a recorded change and watches it to its end.
    pub(super) async fn send(self: Arc<Self>, mut job: Job, target: Arc<Target>) {
        let Some(key) = job.change.key.clone() else {
            tracing::error!(change_id = job.change.id, "change {} was recorded without a key; it is not sent", job.change.id);
            return;
        };
        let kinesis = match target.sender(&job.change.actor).await {
            Ok((kinesis, sent_as)) => {
                job.change.sent_as = sent_as;
                kinesis
            }
            Err(refusal) => {
                let rejected = job.end(End::Rejected(refusal));
                let _ = self.record_surely(&mut job, vec![rejected], "change.rejected").await;
                return;
            }
        };
        let now = job.timeline.now();
        let latest = job.change.armed_until.unwrap_or_else(|| job.change.requested_at.plus_millis(LATEST_MS));
        if now > latest {
            tracing::warn!(change_id = job.change.id, "change {} took too long to record and is not sent", job.change.id);
            return self.expire(job).await;
        }
        let begun = SystemClock.steady();
        match self.record(&mut job, vec![Step::Sent { at: now }], "change.sent").await {
            Ok(()) => {}
            // Cancelled in this moment, or in another instance's hands.
            Err(StoreError::NotHeld) => return,
            Err(error) => {
                // Not known to be on disk, so not sent, now or later.
                tracing::error!(%error, change_id = job.change.id, "change {} could not be marked as sent and is not sent", job.change.id);
                return self.expire(job).await;
            }
        }
        // Another instance may have taken a change over whose instance was suspended just here, and have told people that
        // its outcome is unknown: a call that goes out now would come after that.
        let outcome = if SystemClock.steady().saturating_sub(begun) > HELD_UP {
            let kind = RefusalKind::NotSent { obstacle: Obstacle::HeldUp, detail: "more than 5 s before the call".to_owned() };
            SendOutcome::Rejected(Refusal { kind, aws: None, read_after: None })
        } else {
            kinesis.change_encryption(job.change.action, &target.ref_of(&job.change.arn), &key).await
        };
        let at = job.timeline.now();
        let written = match outcome {
            SendOutcome::Accepted { request_id } => {
                self.record_surely(&mut job, vec![Step::Accepted { at, request_id }], "change.accepted").await
            }
            SendOutcome::Unknown { why } => self.record_surely(&mut job, vec![Step::LostTrack { at, why }], "change.outcome-unknown").await,
            SendOutcome::Rejected(refusal) => {
                let refusal = self.explain(refusal, &job.change, &target).await;
                let rejected = Step::Ended(Ending { at, how: End::Rejected(refusal) });
                let _ = self.record_surely(&mut job, vec![rejected], "change.rejected").await;
                return;
            }
        };
        if written == Written::Yes {
            self.watch(job, Duration::from_millis(FIRST_READ_MS.unsigned_abs())).await;
        }
    }

    /// Ends a change that was not sent and will not be.
    pub(super) async fn expire(&self, mut job: Job) {
        let expired = job.end(End::Expired);
        // Ended elsewhere is as good.
        let _ = self.record_surely(&mut job, vec![expired], "change.expired").await;
    }

    /// Adds to a refusal what only the journal or one more read knows.
    async fn explain(&self, mut refusal: Refusal, change: &Change, target: &Target) -> Refusal {
        match refusal.kind {
            RefusalKind::LimitUnclear { .. } => {
                let count = self.quota(change.action, &change.arn, Asking::FromMemory).await.map(|quota| quota.count).unwrap_or_default();
                refusal.kind = match count.next_frees_at {
                    Some(next_frees_at) if count.is_used_up() => RefusalKind::QuotaUsed { next_frees_at },
                    _ => RefusalKind::LimitUnclear { counted: count.least },
                };
            }
            RefusalKind::ResourceInUse | RefusalKind::ResourceNotFound => {
                target.limits.describe.turn().await;
                refusal.read_after = Some(match target.read_arn(&change.arn).await {
                    Ok(report) => {
                        let saw = Saw::State { status: report.status.clone(), encryption: report.encryption.clone() };
                        self.inventory.note_report(report);
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
