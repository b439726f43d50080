//! Armed changes: confirmed while their stream was UPDATING for another reason, they wait until it is ACTIVE, until a time
//! that the operator saw. Until they are sent they can be cancelled.

use std::{sync::Arc, time::Duration};

use super::{
    Changes, RequestError,
    journal::{Job, append_intent},
};
use crate::{
    model::{
        arming::{Decision, decide},
        change::{Action, Change, End, Ending, LastRead, Observation, Resolved, Saw, Step},
        encryption::KeyId,
        identity::Permission,
        preconditions,
        refusal::{Precondition, Refusal},
        schedule::next_read_in,
        validation::UserName,
    },
    server::{
        aws::targets::Target,
        context::Requester,
        random,
        store::{StoreError, changes as table},
    },
};

impl Changes {
    /// Reads the stream until the change can be sent, has to end, or the server stops; the next start takes it up again.
    pub(super) async fn wait_and_send(self: Arc<Self>, mut job: Job, target: Arc<Target>) {
        loop {
            let millis = next_read_in(&job.change, job.timeline.now(), random::jitter(100));
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = self.clock.sleep(Duration::from_millis(millis.max(0).unsigned_abs())) => {}
            }
            let observed = self.observe(&job).await;
            let now = job.timeline.now();
            match decide(&job.change, &observed, now) {
                Decision::Send(key) => match self.actor_may_still(&job.change).await {
                    Ok(true) => {
                        if let Some(precondition) = self.key_stands_in_the_way(&job.change, &key, &observed, &target).await {
                            let how = End::Rejected(Refusal::precondition(precondition));
                            let ended = vec![read_of(&observed, now), Step::Ended(Ending { at: now, how })];
                            let _ = self.record_surely(&mut job, ended, "change.ended").await;
                            return;
                        }
                        job.change.key = Some(key);
                        return self.send(job, target).await;
                    }
                    Ok(false) => {
                        let by = format!("Keystream, because {} may not any more", job.change.actor);
                        let _ = self.record_surely(&mut job, vec![Step::Cancelled { at: now, by }], "change.cancelled").await;
                        return;
                    }
                    // Not known, so not sent now: asked again after the next read.
                    Err(error) => {
                        tracing::error!(%error, change_id = job.change.id, "whether {} may still could not be read", job.change.actor);
                    }
                },
                Decision::End(how) => {
                    let ended = vec![read_of(&observed, now), Step::Ended(Ending { at: now, how })];
                    // Cancelled or sent elsewhere meanwhile is an end as well.
                    let _ = self.record_surely(&mut job, ended, "change.ended").await;
                    return;
                }
                Decision::Wait => {
                    let mut steps = vec![read_of(&observed, now)];
                    if matches!(observed, Observation::NotFound { .. }) {
                        steps.push(Step::SeenMissing { at: now });
                    }
                    match self.record(&mut job, steps, "").await {
                        Ok(()) => {}
                        // Cancelled meanwhile, or in another instance's hands.
                        Err(StoreError::NotHeld) => return,
                        Err(error) => {
                            tracing::error!(%error, change_id = job.change.id, "what was read for change {} could not be written", job.change.id);
                        }
                    }
                }
            }
        }
    }

    /// Why the key of an enable that waited cannot be used any more, if it cannot.
    async fn key_stands_in_the_way(&self, change: &Change, key: &KeyId, observed: &Observation, target: &Target) -> Option<Precondition> {
        let Observation::Report(report) = observed else { return None };
        if change.action == Action::Disable {
            return None;
        }
        let look = self.keys.look_now(target, key).await;
        if let (Some(Resolved { arn: then, .. }), Some(now)) = (&change.resolved, look.arn())
            && then != now
        {
            return Some(Precondition::Changed {
                what: format!("The key that {key} means"),
                shown: then.to_string(),
                now: now.to_string(),
            });
        }
        preconditions::of_key(key, &look, report).err()
    }

    /// Whether the person behind a change that waited may still do what was asked for then.
    async fn actor_may_still(&self, change: &Change) -> Result<bool, StoreError> {
        let Ok(name) = UserName::parse(&change.actor) else { return Ok(false) };
        let user = self.store.user_by_name(&name).await?.filter(|user| user.disabled_at.is_none());
        Ok(user.is_some_and(|user| user.role.may(Permission::Change) && user.scope.covers_arn(&change.arn)))
    }

    /// Cancels a change that waits. One that was sent, or has ended, stays as it is: its page says where it stands.
    ///
    /// # Errors
    /// When there is no such change, or the journal cannot be read or written.
    pub async fn cancel(&self, requester: &Requester, id: &str) -> Result<(), RequestError> {
        requester.require_certain()?;
        let found = self.store.change(id).await?.filter(|change| requester.scope.covers_arn(&change.arn));
        let mut change = found.ok_or(RequestError::NotFound)?;
        if !change.is_waiting() {
            return Ok(());
        }
        change.apply(Step::Cancelled { at: self.clock.now().max(change.requested_at), by: requester.user_name.clone() });
        let mut tx = self.store.write().await?;
        match table::end_unsent(&mut tx, &mut change).await {
            // Sent or ended in the same moment: the row decides.
            Err(StoreError::NotHeld) => return Ok(()),
            written => written?,
        }
        append_intent(&mut tx, &change, requester, "change.cancelled").await?;
        tx.commit().await?;
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
