//! The one mutating call of a change.
//!
//! *Sent* is on disk before it goes out, based on a read that is still fresh. Whatever the answer, it is written,
//! however long the database takes.

use std::{sync::Arc, time::Duration};

use super::{
    Worker,
    job::Job,
    journal::{Clearance, Written},
};
use crate::{
    model::{
        access::audit_action::AuditAction,
        change::{
            Change, End, Observed, SentAs, Step, arming,
            refusal::{Flaw, Obstacle, Precondition, Refusal, RefusalKind},
            schedule::FIRST_READ_MS,
        },
        inventory::turns::Asker,
        stream::encryption::KeyId,
        time::SECOND_MS,
    },
    server::{
        adapters::{
            aws::{Kinesis, ReadFailureKind, SendOutcome, observation, targets::Target},
            clock::Freshness,
            store::StoreError,
        },
        services::changes::Asking,
    },
};

/// The latest time to send, after the form arrived: later, the user may already have been told that it wasn't sent.
const LATEST_MS: i64 = 20 * SECOND_MS;
/// An older read is repeated before *sent* is committed, so that it is still fresh afterwards.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(3);

/// The connection that sends a change, and its session.
pub struct Sender {
    pub kinesis: Arc<dyn Kinesis>,
    pub sent_as: Option<SentAs>,
}

impl Worker {
    /// Sends a newly recorded change, and watches it to its end. `read` is the read that its form was checked against.
    pub(super) async fn send(self: Arc<Self>, mut job: Job, target: Arc<Target>, mut read: Freshness) {
        let Some(mut key) = job.change.intent.key.clone() else {
            tracing::error!(
                change_id = job.change.id,
                "change {} was recorded without a key; it is not sent",
                job.change.id
            );
            return self.expire(job).await;
        };
        let Some(sender) = self.sender(&mut job, &target).await else { return };
        if needs_another(&read) {
            // Assuming the role took a while, or the process was suspended, and someone may have changed the stream
            // meanwhile.
            let asked_at = job.timeline.now();
            let (report, again) = self.reads.read_to_decide(&job.change.stream_id(), &job.change.intent.actor).await;
            read = again;
            match arming::still_to_be_sent(&job.change, &observation(report, asked_at)) {
                Ok(as_reported) => key = as_reported,
                Err(precondition) => {
                    let rejected = job.end(End::Rejected(Refusal::precondition(precondition)));
                    let _ = self.journal.record_surely(&mut job, vec![rejected], AuditAction::ChangeRejected).await;
                    return;
                }
            }
        }
        self.send_now(job, target, sender, key, read).await;
    }

    /// Returns the sender of this change; `None` if there is none, which ends the change.
    pub(super) async fn sender(&self, job: &mut Job, target: &Target) -> Option<Sender> {
        match target.sender(&job.change.intent.actor, Some(&job.change.id)).await {
            Ok((kinesis, sent_as)) => Some(Sender { kinesis, sent_as }),
            Err(refusal) => {
                let rejected = job.end(End::Rejected(refusal));
                let _ = self.journal.record_surely(job, vec![rejected], AuditAction::ChangeRejected).await;
                None
            }
        }
    }

    /// Commits *sent* and makes the call, if the deciding read is still fresh by then.
    pub(super) async fn send_now(
        self: Arc<Self>,
        mut job: Job,
        target: Arc<Target>,
        sender: Sender,
        key: KeyId,
        read: Freshness,
    ) {
        if self.is_too_late(&job) {
            tracing::warn!(
                change_id = job.change.id,
                "change {} took too long to record and is not sent",
                job.change.id
            );
            return self.expire(job).await;
        }
        let Sender { kinesis, sent_as } = sender;
        let sent = Step::Sent { at: job.timeline.now(), key: key.clone(), sent_as };
        match self.journal.record_sent(&mut job, sent).await {
            Ok(Clearance::Sent) => {}
            Ok(Clearance::ReadOnly) => return self.expire(job).await,
            Ok(Clearance::NotAuthentic(flaw)) => return self.refuse_to_send(&mut job, flaw).await,
            // Cancelled at this moment, or taken over by another instance.
            Err(StoreError::NotHeld) => return self.journal.show_latest(&job.change.id).await,
            Err(error) => {
                // Not known to be on disk, so it is never sent.
                tracing::error!(%error, change_id = job.change.id, "change {} could not be marked as sent and is not \
                    sent", job.change.id);
                return self.expire(job).await;
            }
        }
        // Checked here, and inside the call once more before its first byte: while this process was suspended just
        // here, another instance may have taken over the change, or someone may have changed the stream.
        let outcome = if read.is_over() {
            let detail =
                "the last read of the stream was more than 5 s old when the request was about to go out".to_owned();
            let kind = RefusalKind::NotSent { obstacle: Obstacle::HeldUp, detail };
            SendOutcome::Rejected(Refusal { kind, aws: None, read_after: None })
        } else {
            kinesis
                .change_encryption(job.change.intent.action, &target.ref_of(&job.change.intent.arn), &key, &read)
                .await
        };
        self.take_answer(job, &target, outcome).await;
    }

    /// Records the outcome of a call, and watches a change on which AWS may have acted.
    async fn take_answer(self: Arc<Self>, mut job: Job, target: &Target, outcome: SendOutcome) {
        let at = job.timeline.now();
        let written = match outcome {
            SendOutcome::Accepted { request_id } => {
                self.journal
                    .record_answer(&mut job, Step::Accepted { at, request_id }, AuditAction::ChangeAccepted)
                    .await
            }
            SendOutcome::Unknown { why } => {
                self.journal
                    .record_surely(&mut job, vec![Step::LostTrack { at, why }], AuditAction::ChangeOutcomeUnknown)
                    .await
            }
            SendOutcome::Rejected(refusal) => {
                let refusal = self.with_quota(refusal, &job.change).await;
                // Written to disk before anything else is requested from AWS.
                let rejected = job.end(End::Rejected(refusal.clone()));
                let _ = self.journal.record_answer(&mut job, rejected, AuditAction::ChangeRejected).await;
                return self.explain(&mut job.change, refusal, target).await;
            }
        };
        if written == Written::Yes {
            self.watch(job, Duration::from_millis(FIRST_READ_MS.unsigned_abs())).await;
        }
    }

    /// Returns whether it is too late to send a change, by the time of day or by its own timeline: a machine that slept
    /// sends nothing hours later.
    pub(super) fn is_too_late(&self, job: &Job) -> bool {
        let latest =
            job.change.intent.armed_until.unwrap_or_else(|| job.change.intent.requested_at.plus_millis(LATEST_MS));
        job.timeline.is_past(latest)
    }

    /// Ends a change whose row isn't the one that was recorded, so that it is never sent.
    pub(super) async fn refuse_to_send(&self, job: &mut Job, flaw: Flaw) {
        tracing::error!(
            change_id = job.change.id,
            "ALERT: change {} is not sent, because something else or an earlier version wrote it: {}",
            job.change.id,
            flaw.words()
        );
        let rejected = job.end(End::Rejected(Refusal::precondition(Precondition::NotAuthentic { flaw })));
        let _ = self.journal.record_surely(job, vec![rejected], AuditAction::ChangeRejected).await;
    }

    /// Ends a change that was never sent.
    pub(super) async fn expire(&self, mut job: Job) {
        let expired = job.end(End::Expired);
        // If it ended elsewhere, that is fine too.
        let _ = self.journal.record_surely(&mut job, vec![expired], AuditAction::ChangeExpired).await;
    }

    /// Adds the journal's count to a limit that AWS didn't specify.
    async fn with_quota(&self, mut refusal: Refusal, change: &Change) -> Refusal {
        if let RefusalKind::LimitUnclear { .. } = refusal.kind {
            let count = self
                .quotas
                .of_stream(change.intent.action, &change.intent.arn, Asking::FromMemory)
                .await
                .map(|quota| quota.count)
                .unwrap_or_default();
            refusal.kind = match count.next_frees_at {
                Some(next_frees_at) if count.is_used_up() => RefusalKind::QuotaUsed { next_frees_at },
                _ => RefusalKind::LimitUnclear { counted: count.least },
            };
        }
        refusal
    }

    /// Adds to a recorded refusal what one more read of the stream shows, if that explains it.
    async fn explain(&self, change: &mut Change, refusal: Refusal, target: &Target) {
        if !matches!(refusal.kind, RefusalKind::ResourceInUse | RefusalKind::ResourceNotFound) {
            return;
        }
        target.limits.describe.turn(Asker::Watch).await;
        let read_after = match target.read_arn(&change.intent.arn).await {
            Ok(report) => {
                let observed = Observed::from(&report);
                self.inventory.record_report(report);
                observed
            }
            Err(failure) if failure.kind == ReadFailureKind::NotFound => Observed::NotFound,
            Err(failure) => Observed::Failed { why: failure.why },
        };
        let explained = Step::Explained(Refusal { read_after: Some(read_after), ..refusal });
        if let Err(error) = self.journal.record_after_end(change, vec![explained], None).await {
            tracing::error!(%error, change_id = change.id, "what explains the refusal of change {} could not be \
                written: {error}", change.id);
        }
    }
}

/// Returns whether to read the stream again before *sent* is committed.
pub fn needs_another(read: &Freshness) -> bool {
    read.is_older_than(READ_AGAIN_AFTER)
}
