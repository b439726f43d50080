//! Armed changes: confirmed while their stream was UPDATING for another reason, they wait until it is ACTIVE, or until
//! a time that the operator saw.

use std::{sync::Arc, time::Duration};

use super::{
    Worker,
    job::Job,
    journal::Written,
    send::{Sender, needs_another},
};
use crate::{
    model::{
        access::{audit_action::AuditAction, identity::Permission},
        change::{
            Action, Change, End, Ending, LastRead, Observation, Observed, Resolved, Step,
            arming::{Decision, decide},
            preconditions,
            refusal::{Precondition, Refusal},
            schedule::next_read_in,
        },
        keys::KeyLook,
        stream::encryption::KeyId,
    },
    server::adapters::{aws::targets::Target, clock::Freshness, random, store::StoreError},
};

/// How long preparations stay valid: the assumed role, and KMS's answer about the key.
const PREPARED_FOR: Duration = Duration::from_secs(30);

/// Whether a waiting change can be sent, apart from the stream's state.
enum Preparation {
    Ready(Sender),
    /// Not now; the next read tries again.
    NotYet,
    /// The change has ended.
    Over,
}

impl Worker {
    /// Reads the stream until the change can be sent, has to end, or the server stops. The next start resumes it.
    pub(super) async fn wait_and_send(self: Arc<Self>, mut job: Job, target: Arc<Target>) {
        // From the previous round, if preparing took so long that the stream must be read again.
        let mut prepared: Option<(Sender, KeyId, Freshness)> = None;
        let mut last_read: Option<Freshness> = None;
        let mut is_read_again = false;
        loop {
            let ago = last_read.as_ref().map(Freshness::age).unwrap_or_default();
            let millis =
                if is_read_again { 0 } else { next_read_in(&job.change, job.timeline.now(), ago, random::jitter(100)) };
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = self.clock.sleep(Duration::from_millis(millis.unsigned_abs())) => {}
            }
            let (observed, read) = self.observe(&job).await;
            last_read = Some(read.clone());
            // Read-only mode ends waiting changes too, whatever it is for.
            let decision = if self.is_too_late(&job) || self.read_only.is_on() {
                Decision::End(End::Expired)
            } else {
                decide(&job.change, &observed, job.timeline.now())
            };
            is_read_again = false;
            let key = match decision {
                Decision::Send(key) => key,
                Decision::End(how) => return self.end_waiting(&mut job, &observed, how).await,
                Decision::Wait => {
                    if self.record_waiting(&mut job, &observed).await == Written::NotHeld {
                        return;
                    }
                    continue;
                }
            };
            let kept = prepared.take().filter(|(_, of, at)| *of == key && !at.is_older_than(PREPARED_FOR));
            let (sender, at) = match kept {
                Some((sender, _, at)) => (sender, at),
                None => match self.prepare(&mut job, &key, &observed, &target).await {
                    Preparation::Ready(sender) => (sender, Freshness::begin(&self.clock)),
                    Preparation::NotYet => continue,
                    Preparation::Over => return,
                },
            };
            if !needs_another(&read) {
                return self.send_now(job, target, sender, key, read).await;
            }
            prepared = Some((sender, key, at));
            is_read_again = true;
        }
    }

    /// Checks everything but the stream (the user's rights and the key), then gets the sender.
    async fn prepare(&self, job: &mut Job, key: &KeyId, observed: &Observation, target: &Target) -> Preparation {
        match self.actor_may_still(&job.change).await {
            Ok(true) => {}
            Ok(false) => {
                let by = format!(
                    "Keystream, because {} is no longer permitted to change this stream",
                    job.change.intent.actor
                );
                let cancelled = Step::Cancelled { at: job.timeline.now(), by };
                let _ = self.journal.record_surely(job, vec![cancelled], AuditAction::ChangeCancelled).await;
                return Preparation::Over;
            }
            // Not known, so nothing is sent now; the next read tries again.
            Err(error) => {
                tracing::error!(%error, change_id = job.change.id, "whether {} is still permitted could not be \
                    read", job.change.intent.actor);
                return Preparation::NotYet;
            }
        }
        match self.key_of_waiting(&job.change, key, observed, target).await {
            KeyVerdict::Good => {}
            KeyVerdict::NotNow => return Preparation::NotYet,
            KeyVerdict::Bad(precondition) => {
                self.end_waiting(job, observed, End::Rejected(Refusal::precondition(precondition))).await;
                return Preparation::Over;
            }
        }
        self.sender(job, target).await.map_or(Preparation::Over, Preparation::Ready)
    }

    async fn end_waiting(&self, job: &mut Job, observed: &Observation, how: End) {
        let at = job.timeline.now();
        let ended = vec![read_of(observed, at), Step::Ended(Ending { at, how })];
        // If it was cancelled or sent elsewhere meanwhile, that is fine too.
        let _ = self.journal.record_surely(job, ended, AuditAction::ChangeEnded).await;
    }

    async fn record_waiting(&self, job: &mut Job, observed: &Observation) -> Written {
        let at = job.timeline.now();
        let seen = if matches!(observed, Observation::NotFound { .. }) {
            Step::SeenMissing { at }
        } else {
            Step::SeriesBroken
        };
        match self.journal.record(job, vec![read_of(observed, at), seen], None).await {
            Ok(()) => {}
            // Cancelled meanwhile, or taken over by another instance.
            Err(StoreError::NotHeld) => {
                self.journal.show_latest(&job.change.id).await;
                return Written::NotHeld;
            }
            Err(error) => {
                tracing::error!(%error, change_id = job.change.id, "what was read for change {} could not be \
                    written", job.change.id);
            }
        }
        Written::Yes
    }

    /// Returns whether the key of a waiting enable is still usable, as far as it can be seen.
    async fn key_of_waiting(
        &self,
        change: &Change,
        key: &KeyId,
        observed: &Observation,
        target: &Target,
    ) -> KeyVerdict {
        let Observation::Report(report) = observed else { return KeyVerdict::NotNow };
        if change.intent.action == Action::Disable {
            return KeyVerdict::Good;
        }
        let look = self.keys.look_now(target, key).await;
        match (&change.intent.resolved, &look) {
            // It was seen when it was confirmed, and can't be seen now.
            (Some(_), KeyLook::Unseen(_)) => KeyVerdict::NotNow,
            (Some(Resolved { arn: then, .. }), KeyLook::Found(now)) if *then != now.arn => {
                KeyVerdict::Bad(Precondition::Changed {
                    what: format!("The key that {key} means"),
                    shown: then.to_string(),
                    now: now.arn.to_string(),
                })
            }
            _ => preconditions::of_key(key, &look, report, &self.inventory.keys_in_use(&change.stream_id()))
                .map_or_else(KeyVerdict::Bad, |()| KeyVerdict::Good),
        }
    }

    /// Returns whether the requester of a waiting change may still make it.
    async fn actor_may_still(&self, change: &Change) -> Result<bool, StoreError> {
        let user = self.store.user_named(&change.intent.actor).await?;
        let user = user.filter(|user| user.disabled_at.is_none() && user.rights_ended_at.is_none());
        Ok(user.is_some_and(|user| user.role.may(Permission::Change) && user.scope.covers_arn(&change.intent.arn)))
    }
}

/// KMS's answer about the key of a waiting enable.
enum KeyVerdict {
    Good,
    NotNow,
    Bad(Precondition),
}

fn read_of(observed: &Observation, now: crate::model::time::Timestamp) -> Step {
    Step::Read(LastRead { at: now, observed: Observed::from(observed) })
}
