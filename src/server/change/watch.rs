//! The watch of one change: reads its stream by the schedule until it has an end. Once per change, however many look on.

use std::{sync::Arc, time::Duration};

use super::{
    Changes,
    journal::{Job, Written},
};
use crate::{
    model::{
        change::{Action, Change, Observation, Step},
        keys::KeyArn,
        reconcile::decide,
        schedule::next_read_in,
        stream::{StreamReport, StreamStatus},
    },
    server::{
        aws::{observation, targets::Target},
        http::metrics::CHANGES_ENDED,
        random,
    },
};

impl Changes {
    /// Watches until the change has an end or the server stops; the next start takes it up again.
    pub(super) async fn watch(self: Arc<Self>, mut job: Job, first: Duration) {
        let mut pause = first;
        while job.change.is_active() {
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = self.clock.sleep(pause) => {}
            }
            let observed = self.observe(&job).await;
            let steps = decide(&job.change, &observed, job.timeline.now(), self.usual(job.change.action));
            if !steps.is_empty() {
                let action = audited(&job.change, &steps);
                if self.record_surely(&mut job, steps, action).await == Written::NotHeld {
                    return;
                }
            }
            let millis = next_read_in(&job.change, job.timeline.now(), random::jitter(100));
            pause = Duration::from_millis(millis.max(0).unsigned_abs());
        }
        let change = &job.change;
        self.usual.learn(std::slice::from_ref(change));
        let end = change.end.as_ref().map_or("", |end| end.how.word());
        metrics::counter!(CHANGES_ENDED, "end" => end).increment(1);
        tracing::info!(change_id = change.id, stream = %change.arn, end, "change {} of {} ended: {end}", change.id, change.arn);
    }

    pub(super) async fn observe(&self, job: &Job) -> Observation {
        let Job { change, timeline, .. } = job;
        let Some(target) = self.inventory.target_of_arn(&change.arn) else {
            return Observation::Failed { why: format!("no target reaches {}, {} any more", change.arn.account, change.arn.region) };
        };
        target.limits.describe.turn().await;
        let asked_at = timeline.now();
        let read = target.read_arn(&change.arn).await;
        match &read {
            Ok(report) => self.inventory.note_report(report.clone()),
            Err(failure) => self.inventory.note_failure(&change.key_of_stream(), failure),
        }
        // The inventory keeps the time of day; the change compares with its own.
        let read = match read {
            Ok(report) => {
                let read_at = timeline.now();
                let key_arn = self.meant_key(change, &report, &target).await.map(Box::new);
                Ok(StreamReport { asked_at, read_at, key_arn, ..report })
            }
            failed => failed,
        };
        observation(read, asked_at)
    }

    /// The key that the reported KeyId means, where that decides whether an enable has reached its state: AWS may report
    /// another form of a key than was sent.
    async fn meant_key(&self, change: &Change, report: &StreamReport, target: &Target) -> Option<KeyArn> {
        let reported = report.key().filter(|key| change.action == Action::Enable && Some(*key) != change.key.as_ref())?;
        // While it is UPDATING the read says all that it can.
        if report.status != StreamStatus::Active {
            return None;
        }
        self.keys.look(target, reported).await.arn().cloned()
    }
}

/// The audit action of the steps that move the ladder; a read that moves nothing is no event.
fn audited(change: &Change, steps: &[Step]) -> &'static str {
    let mut action = "";
    for step in steps {
        action = match step {
            Step::Ended(_) => return "change.ended",
            Step::Reached { .. } => "change.reached",
            Step::SeenUpdating { .. } if change.updating_at.is_none() => "change.updating",
            Step::Slow(_) if action.is_empty() => "change.slow",
            _ => action,
        };
    }
    action
}
