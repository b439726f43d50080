//! Armed changes: confirmed while their stream was UPDATING for another reason, they wait until it is ACTIVE, until a time
//! that the operator saw. Until they are sent they can be cancelled.

use std::{sync::Arc, time::Duration};

use super::{Changes, RequestError, append_intent, timeline::Timeline};
use crate::{
    model::{
        arming::{Decision, decide},
        change::{Change, Ending, LastRead, Observation, Saw, Step},
        schedule::next_read_in,
    },
    server::{
        aws::targets::Target,
        context::Requester,
        random,
        store::{StoreError, changes as table, commit},
    },
};

impl Changes {
    /// Reads the stream until the change can be sent, has to end, or the server stops; the next start takes it up again.
    pub(super) async fn wait_and_send(self: Arc<Self>, mut change: Change, timeline: Timeline, target: Arc<Target>) {
        loop {
            let millis = next_read_in(&change, timeline.now(), random::jitter(100));
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(Duration::from_millis(millis.max(0).unsigned_abs())) => {}
            }
            let observed = self.observe(&change, &timeline).await;
            let now = timeline.now();
            match decide(&change, &observed, now) {
                Decision::Send(key) => {
                    change.key = Some(key);
                    return self.send(change, timeline, target).await;
                }
                Decision::End(how) => {
                    let ended = vec![read_of(&observed, now), Step::Ended(Ending { at: now, how })];
                    self.record_surely(&mut change, ended, "change.ended").await;
                    return;
                }
                Decision::Wait => {
                    let mut steps = vec![read_of(&observed, now)];
                    if matches!(observed, Observation::NotFound { .. }) {
                        steps.push(Step::SeenMissing { at: now });
                    }
                    match self.record(&mut change, steps, "").await {
                        Ok(()) => {}
                        // Cancelled meanwhile.
                        Err(StoreError::Ended) => return,
                        Err(error) => {
                            tracing::error!(%error, change_id = change.id, "what was read for change {} could not be written", change.id);
                        }
                    }
                }
            }
        }
    }

    /// Cancels a change that waits. One that was sent, or has ended, stays as it is: its page says where it stands.
    ///
    /// # Errors
    /// When there is no such change, or the journal cannot be read or written.
    pub async fn cancel(&self, requester: &Requester, id: &str) -> Result<(), RequestError> {
        let Some(mut change) = self.store.change(id).await? else { return Err(RequestError::NotFound) };
        if !change.is_waiting() {
            return Ok(());
        }
        change.apply(Step::Cancelled { at: self.clock.now().max(change.requested_at), by: requester.user_name.clone() });
        let mut tx = self.store.write().await?;
        match table::end_unsent(&mut tx, &mut change).await {
            // Sent or ended in the same moment: the row decides.
            Err(StoreError::Ended) => return Ok(()),
            written => written?,
        }
        append_intent(&mut tx, &change, requester, "change.cancelled").await?;
        commit(tx).await?;
        self.inventory.note_change(&change);
        Ok(())
    }
}

fn read_of(observed: &Observation, now: crate::model::timestamp::Timestamp) -> Step {
    let saw = match observed {
        Observation::Report(report) => Saw::State { status: report.status.clone(), encryption: report.encryption.clone() },
        Observation::NotFound { .. } => Saw::NotFound,
        Observation::Failed { why } => Saw::Failed { why: why.clone() },
    };
    Step::Read(LastRead { at: now, saw })
}
