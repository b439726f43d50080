//! What tasks of the engine write: each move of a change with its audit row in one transaction, and what they hold
//! while they work on it.

use std::{collections::HashSet, sync::Arc, time::Duration};

use parking_lot::Mutex;

use super::{Changes, timeline::Timeline};
use crate::{
    model::{
        change::{Action, Change, End, Ending, OutcomeUnknown, SentAs, Step, refusal::Refusal},
        stream::encryption::{EncryptionReport, KeyId},
    },
    server::{
        adapters::store::{Leased, StoreError, Tx, changes as table},
        services::audit::{self, AuditEvent},
        web::context::Requester,
    },
};

/// After a write that failed; twice as long after each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The changes that tasks of this process work on: nobody takes them up a second time.
#[derive(Debug, Clone, Default)]
pub struct InFlight(Arc<Mutex<HashSet<String>>>);

impl InFlight {
    /// Takes a change in hand until the guard is dropped.
    pub fn take(&self, id: &str) -> InFlightGuard {
        self.0.lock().insert(id.to_owned());
        InFlightGuard { in_flight: self.clone(), id: id.to_owned() }
    }

    pub fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }

    pub fn has(&self, id: &str) -> bool {
        self.0.lock().contains(id)
    }
}

/// As long as it lives, its change is in hand.
#[derive(Debug)]
pub struct InFlightGuard {
    in_flight: InFlight,
    id: String,
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.in_flight.0.lock().remove(&self.id);
    }
}

/// A change that a task works on: leased to this instance, on a time line of its own.
#[derive(Debug)]
pub struct Job {
    pub change: Change,
    pub fence: i64,
    pub timeline: Timeline,
    pub _guard: InFlightGuard,
}

/// What became of a write that is tried until the database takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Written {
    Yes,
    /// The change has ended, or another instance works on it: this task is over.
    NotHeld,
}

impl Changes {
    /// Applies steps to the change as the journal has it, writes it with an audit row (when `action` names one) in one
    /// transaction, and tells browsers. The change in memory moves only if the journal did.
    pub(super) async fn record(&self, job: &mut Job, steps: Vec<Step>, action: &str) -> Result<(), StoreError> {
        let mut tx = self.store.write().await?;
        let mut moved = table::held(&mut tx, &job.change.id, job.fence).await?;
        self.write(&mut tx, &mut moved, steps, action).await?;
        tx.commit().await?;
        self.inventory.record_change(&moved);
        job.change = moved;
        Ok(())
    }

    /// As [`Changes::record`], again and again until the database takes it: what AWS did must not be lost.
    pub(super) async fn record_surely(&self, job: &mut Job, steps: Vec<Step>, action: &str) -> Written {
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match self.record(job, steps.clone(), action).await {
                Ok(()) => return Written::Yes,
                Err(StoreError::NotHeld) => {
                    // What the journal has is what counts.
                    tracing::warn!(change_id = job.change.id, action, "change {} is no longer ours ({action})", job.change.id);
                    self.tell_latest(&job.change.id).await;
                    return Written::NotHeld;
                }
                Err(error) => error,
            };
            self.complain_and_wait(&error, &job.change.id, action, &mut pause).await;
        }
    }

    /// Writes AWS's answer to the call, whoever works on the change by now, again and again until the database takes it: an
    /// answer that arrived is never thrown away.
    pub(super) async fn record_answer(&self, job: &mut Job, step: Step, action: &str) -> Written {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.try_record_answer(job, step.clone(), action).await {
                Ok(written) => return written,
                // The journal has no such change any more.
                Err(StoreError::NotHeld) => return Written::NotHeld,
                Err(error) => self.complain_and_wait(&error, &job.change.id, action, &mut pause).await,
            }
        }
    }

    async fn try_record_answer(&self, job: &mut Job, step: Step, action: &str) -> Result<Written, StoreError> {
        let mut tx = self.store.write().await?;
        let Leased { change: mut moved, fence } = table::latest(&mut tx, &job.change.id).await?;
        let is_held = fence == job.fence && moved.is_active();
        self.write(&mut tx, &mut moved, vec![step], action).await?;
        tx.commit().await?;
        self.inventory.record_change(&moved);
        job.change = moved;
        Ok(if is_held { Written::Yes } else { Written::NotHeld })
    }

    /// Writes what was learned of a change after its end.
    pub(super) async fn record_after_end(&self, change: &mut Change, steps: Vec<Step>, action: &str) -> Result<(), StoreError> {
        let mut tx = self.store.write().await?;
        let mut moved = table::latest(&mut tx, &change.id).await?.change;
        self.write(&mut tx, &mut moved, steps, action).await?;
        tx.commit().await?;
        self.inventory.record_change(&moved);
        *change = moved;
        Ok(())
    }

    async fn write(&self, tx: &mut Tx, change: &mut Change, steps: Vec<Step>, action: &str) -> Result<(), StoreError> {
        steps.into_iter().for_each(|step| change.apply(step));
        table::write(tx, change).await?;
        if !action.is_empty() {
            audit::append(tx, self.event(change, action)).await?;
        }
        Ok(())
    }

    async fn complain_and_wait(&self, error: &StoreError, id: &str, action: &str, pause: &mut Duration) {
        tracing::error!(%error, change_id = id, action, "change {id} could not be written ({action}); trying again: {error}");
        self.clock.sleep(*pause).await;
        *pause = (*pause * 2).min(LONGEST_PAUSE);
    }

    /// Shows a change as the journal has it, after somebody else has moved it.
    pub(super) async fn tell_latest(&self, id: &str) {
        match self.store.change(id).await {
            Ok(Some(change)) => self.inventory.record_change_elsewhere(&change),
            Ok(None) => {}
            Err(error) => tracing::error!(%error, change_id = id, "change {id} could not be read after it was moved elsewhere: {error}"),
        }
    }

    fn event(&self, change: &Change, action: &str) -> AuditEvent {
        let result = change.end.as_ref().map_or_else(|| change.last_lit().word().to_owned(), |end| end.how.word().to_owned());
        // In which session, so that CloudTrail's line is found.
        let result = match (&change.evidence.sent_as, &change.evidence.late_refusal) {
            (Some(SentAs { role, session }), _) if action == "change.sent" => format!("{result}, as {role} in session {session}"),
            (_, Some(Refusal { aws: Some(aws), .. })) if action == "change.rejected" => format!("{result}; AWS refused late: {}", aws.code),
            _ => result,
        };
        let request_id = change.evidence.accepted.as_ref().and_then(|acceptance| acceptance.request_id.clone());
        AuditEvent {
            reason: change.intent.reason.clone(),
            before: state_in_words(&change.before()),
            after: change.evidence.last_read.as_ref().map_or_else(String::new, |read| read.observed.words()),
            aws_request_id: request_id.unwrap_or_default(),
            result: match &change.evidence.outcome_unknown {
                Some(OutcomeUnknown { why, .. }) if change.evidence.accepted.is_none() => format!("{result}; outcome unknown: {why}"),
                _ => result,
            },
            ..AuditEvent::by_server(self.clock.now(), action, &change.intent.arn.to_string())
        }
    }
}

impl Job {
    /// The step that ends the change now.
    pub(super) fn end(&self, how: End) -> Step {
        Step::Ended(Ending { at: self.timeline.now(), how })
    }
}

/// A state as the audit chain writes it.
fn state_in_words(encryption: &EncryptionReport) -> String {
    match encryption {
        EncryptionReport::Encrypted(key) => with_key(key.as_ref()),
        EncryptionReport::NotEncrypted => "NONE".to_owned(),
        EncryptionReport::Unstated(_) => encryption.type_word().to_owned(),
    }
}

/// The state that a change wants.
fn state_wanted(change: &Change) -> String {
    match change.intent.action {
        Action::Disable => "NONE".to_owned(),
        Action::Enable => with_key(change.intent.key.as_ref()),
    }
}

fn with_key(key: Option<&KeyId>) -> String {
    format!("KMS {}", key.map_or("", |key| key.as_str()))
}

/// Writes the intent of a person's change.
pub async fn append_intent(tx: &mut Tx, change: &Change, requester: &Requester, action: &str) -> Result<(), StoreError> {
    let event = AuditEvent {
        at: change.evidence.cancelled.as_ref().map_or(change.intent.requested_at, |cancelled| cancelled.at),
        actor: requester.user_name.clone(),
        address: requester.address.clone(),
        user_agent: requester.user_agent.clone(),
        action: action.to_owned(),
        target: change.intent.arn.to_string(),
        reason: match &change.intent.quota_reason {
            Some(quota_reason) => format!("{} (with 25 counted in 24 h: {quota_reason})", change.intent.reason),
            None => change.intent.reason.clone(),
        },
        before: state_in_words(&change.before()),
        after: state_wanted(change),
        aws_request_id: String::new(),
        result: change.end.as_ref().map_or("Requested", |end| end.how.word()).to_owned(),
    };
    audit::append(tx, event).await
}
