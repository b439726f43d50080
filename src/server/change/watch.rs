//! The watch of one change: reads its stream by the schedule until it has an end. Once per change, however many look on.

use std::{sync::Arc, time::Duration};

use super::{Changes, timeline::Timeline};
use crate::{
    model::{
        change::{Change, Observation, Step},
        reconcile::decide,
        schedule::next_read_in,
        stream::StreamReport,
    },
    server::{aws::observation, http::metrics::CHANGES_ENDED, random},
};

impl Changes {
    /// Watches until the change has an end or the server stops; the next start takes it up again.
    pub(super) async fn watch(self: Arc<Self>, mut change: Change, timeline: Timeline, first: Duration) {
        let mut pause = first;
        while change.is_active() {
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            let observed = self.observe(&change, &timeline).await;
            let steps = decide(&change, &observed, timeline.now(), self.usual(change.action));
            if !steps.is_empty() {
                let action = audited(&change, &steps);
                self.record_surely(&mut change, steps, action).await;
            }
            let millis = next_read_in(&change, timeline.now(), random::jitter(100));
            pause = Duration::from_millis(millis.max(0).unsigned_abs());
        }
        self.usual.learn(std::slice::from_ref(&change));
        let end = change.end.as_ref().map_or("", |end| end.how.word());
        metrics::counter!(CHANGES_ENDED, "end" => end).increment(1);
        tracing::info!(change_id = change.id, stream = %change.arn, end, "change {} of {} ended: {end}", change.id, change.arn);
    }

    pub(super) async fn observe(&self, change: &Change, timeline: &Timeline) -> Observation {
        let Some(target) = self.inventory.target_of_arn(&change.arn) else {
            return Observation::Failed { why: format!("no target reaches {}, {} any more", change.arn.account, change.arn.region) };
        };
        target.limits.describe().await;
        let asked_at = timeline.now();
        let read = target.read_arn(&change.arn).await;
        match &read {
            Ok(report) => self.inventory.note_report(report.clone()).await,
            Err(failure) => self.inventory.note_failure(&change.key_of_stream(), failure).await,
        }
        // The inventory keeps the time of day; the change compares with its own.
        let read = read.map(|report| StreamReport { asked_at, read_at: timeline.now(), ..report });
        observation(read, asked_at)
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
