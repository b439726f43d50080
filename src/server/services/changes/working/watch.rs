//! The watch of one change: reads its stream on schedule until the change ends.
//!
//! There is one watch per change, however many users view it.

use std::{sync::Arc, time::Duration};

use super::{Worker, job::Job, journal::Written};
use crate::{
    model::{
        access::audit_action::AuditAction,
        change::{Action, Change, Observation, Resolved, Step, reconcile::decide, schedule::next_read_in},
        inventory::turns::Asker,
        keys::KeyArn,
        stream::{StreamReport, StreamStatus, encryption::KeyId},
    },
    server::adapters::{
        aws::{observation, targets::Target},
        clock::Freshness,
        random,
    },
};

impl Worker {
    /// Watches until the change ends or the server stops. The next start resumes the watch.
    pub(super) async fn watch(self: Arc<Self>, mut job: Job, first: Duration) {
        let mut pause = first;
        while job.change.is_active() {
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = self.clock.sleep(pause) => {}
            }
            let (observed, read) = self.observe(&job).await;
            let mut steps = self.resolve_wanted(&job.change, &observed).await;
            let mut judged = job.change.clone();
            steps.iter().cloned().for_each(|step| judged.apply(step));
            steps.extend(decide(&judged, &observed, job.timeline.now(), self.durations.of(job.change.intent.action)));
            if !steps.is_empty() {
                let action = audited(&job.change, &steps);
                if self.journal.record_surely(&mut job, steps, action).await == Written::NotHeld {
                    return;
                }
            }
            let millis = next_read_in(&job.change, job.timeline.now(), read.age(), random::jitter(100));
            pause = Duration::from_millis(millis.unsigned_abs());
        }
        let change = &job.change;
        self.durations.learn(std::slice::from_ref(change));
        let end = change.end.as_ref().map_or("", |end| end.how.word());
        tracing::info!(change_id = change.id, stream = %change.intent.arn, end, "change {} of {} ended: \
            {end}", change.id, change.intent.arn);
    }

    /// Reads the change's stream once. Also returns how fresh the read is.
    pub(super) async fn observe(&self, job: &Job) -> (Observation, Freshness) {
        let Job { change, timeline, .. } = job;
        let Some(target) = self.inventory.target_of_arn(&change.intent.arn) else {
            let why = format!("no target reaches {}, {} any more", change.intent.arn.account, change.intent.arn.region);
            return (Observation::Failed { why }, Freshness::begin(&self.clock));
        };
        target.limits.describe.turn(Asker::Watch).await;
        let (asked_at, fresh) = (timeline.now(), Freshness::begin(&self.clock));
        let read = target.read_arn(&change.intent.arn).await;
        match &read {
            Ok(report) => self.inventory.record_report(report.clone()),
            Err(failure) => self.inventory.record_failure(&change.stream_id(), failure),
        }
        // The inventory uses the time of day, the change its own timeline.
        let read = match read {
            Ok(report) => {
                let read_at = timeline.now();
                let key_arn = self.meant_key(change, &report, &target).await.map(Box::new);
                Ok(StreamReport { asked_at, read_at, key_arn, ..report })
            }
            failed => failed,
        };
        (observation(read, asked_at), fresh)
    }

    /// Returns the key that the reported KeyId resolves to, if that affects the verdict: AWS may report another form of
    /// a key than was sent, or than it reported before.
    async fn meant_key(&self, change: &Change, report: &StreamReport, target: &Target) -> Option<KeyArn> {
        let reported = report.key().filter(|key| is_to_be_compared(change, report, key))?;
        self.keys.look(target, reported).await.arn().cloned()
    }

    /// Resolves the key that an enable sent, if KMS couldn't at confirmation and now can.
    async fn resolve_wanted(&self, change: &Change, observed: &Observation) -> Vec<Step> {
        let Observation::Report(report) = observed else { return Vec::new() };
        let Some(key) = change
            .intent
            .key
            .as_ref()
            .filter(|_| change.intent.action == Action::Enable && change.intent.resolved.is_none())
        else {
            return Vec::new();
        };
        let is_decisive = report.key().is_some_and(|reported| is_to_be_compared(change, report, reported));
        let (true, Some(target)) = (is_decisive, self.inventory.target_of_arn(&change.intent.arn)) else {
            return Vec::new();
        };
        let arn = self.keys.look(&target, key).await.arn().cloned();
        arn.map(|arn| Step::Resolved(Resolved { arn, at: report.read_at })).into_iter().collect()
    }
}

/// Returns whether the resolved key affects the verdict. While the stream is UPDATING, it doesn't.
fn is_to_be_compared(change: &Change, report: &StreamReport, reported: &KeyId) -> bool {
    let is_as_sent = change.intent.action == Action::Enable && change.intent.key.as_ref() == Some(reported);
    report.status == StreamStatus::Active && !is_as_sent && change.before() != report.encryption
}

/// Returns the audit action of steps that move the ladder. Other reads aren't events.
fn audited(change: &Change, steps: &[Step]) -> Option<AuditAction> {
    let mut action = None;
    for step in steps {
        action = match step {
            Step::Ended(_) => return Some(AuditAction::ChangeEnded),
            Step::Reached { .. } => Some(AuditAction::ChangeReached),
            Step::SeenUpdating { .. } if change.evidence.updating_at.is_none() => Some(AuditAction::ChangeUpdating),
            Step::Slow(_) if action.is_none() => Some(AuditAction::ChangeSlow),
            _ => action,
        };
    }
    action
}
