//! What tasks of the engine write: each move of a change with its audit row in one transaction, and what they hold
//! while they work on it.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{Changes, timeline::Timeline};
use crate::{
    model::{
        change::{Action, Change, End, Ending, OutcomeUnknown, SentAs, Step},
        encryption::{EncryptionReport, KeyId},
    },
    server::{
        audit::{self, AuditEvent},
        context::Requester,
        store::{Leased, StoreError, Tx, changes as table},
    },
};

/// The changes that tasks of this process work on: nobody takes them up a second time.
#[derive(Debug, Clone, Default)]
pub struct InHand(Arc<Mutex<HashSet<String>>>);

impl InHand {
    /// Takes a change in hand until the guard is dropped.
    pub fn take(&self, id: &str) -> HandGuard {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
        HandGuard { in_hand: self.clone(), id: id.to_owned() }
    }

    pub fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    pub fn has(&self, id: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }
}

/// As long as it lives, its change is in hand.
#[derive(Debug)]
pub struct HandGuard {
    in_hand: InHand,
    id: String,
}

impl Drop for HandGuard {
    fn drop(&mut self) {
        self.in_hand.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

/// A change that a task works on: leased to this instance, on a time line of its own.
#[derive(Debug)]
pub struct Job {
    pub change: Change,
    pub fence: i64,
    pub timeline: Timeline,
    pub _guard: HandGuard,
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
    /// Applies steps to a change, writes it with an audit row (when `action` names one) in one transaction, and tells
    /// browsers. The change in memory moves only if the journal did.
    pub(super) async fn record(&self, job: &mut Job, steps: Vec<Step>, action: &str) -> Result<(), StoreError> {
        let mut moved = Leased { change: job.change.clone(), fence: job.fence };
        for step in steps {
            moved.change.apply(step);
        }
        let mut tx = self.store.write().await?;
        table::update(&mut tx, &mut moved).await?;
        if !action.is_empty() {
            audit::append(&mut tx, self.event(&moved.change, action)).await?;
        }
        tx.commit().await?;
        job.change = moved.change;
        self.inventory.note_change(&job.change);
        Ok(())
    }

    /// As [`Changes::record`], again and again until the database takes it: what AWS did must not be lost.
    pub(super) async fn record_surely(&self, job: &mut Job, steps: Vec<Step>, action: &str) -> Written {
        let mut pause = Duration::from_millis(200);
        loop {
            let error = match self.record(job, steps.clone(), action).await {
                Ok(()) => return Written::Yes,
                Err(StoreError::NotHeld) => {
                    // What the journal has is what counts.
                    tracing::warn!(change_id = job.change.id, action, "change {} is not ours any more ({action})", job.change.id);
                    return Written::NotHeld;
                }
                Err(error) => error,
            };
            let id = &job.change.id;
            tracing::error!(%error, change_id = id, action, "change {id} could not be written ({action}); trying again");
            self.clock.sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }

    /// Writes what was learned of a change after its end.
    pub(super) async fn record_after_end(&self, change: &mut Change, steps: Vec<Step>, action: &str) -> Result<(), StoreError> {
        let mut moved = change.clone();
        for step in steps {
            moved.apply(step);
        }
        let mut tx = self.store.write().await?;
        table::update_ended(&mut tx, &mut moved).await?;
        audit::append(&mut tx, self.event(&moved, action)).await?;
        tx.commit().await?;
        *change = moved;
        self.inventory.note_change(change);
        Ok(())
    }

    fn event(&self, change: &Change, action: &str) -> AuditEvent {
        let result = change.end.as_ref().map_or_else(|| change.last_lit().word().to_owned(), |end| end.how.word().to_owned());
        // In which session, so that CloudTrail's line is found.
        let result = match &change.sent_as {
            Some(SentAs { role, session }) if action == "change.sent" => format!("{result}, as {role} in session {session}"),
            _ => result,
        };
        let request_id = change.accepted.as_ref().and_then(|acceptance| acceptance.request_id.clone());
        AuditEvent {
            reason: change.reason.clone(),
            before: state_before(change),
            after: change.last_read.as_ref().map_or_else(String::new, |read| read.saw.words()),
            aws_request_id: request_id.unwrap_or_default(),
            result: match &change.outcome_unknown {
                Some(OutcomeUnknown { why, .. }) if change.accepted.is_none() => format!("{result}; outcome unknown: {why}"),
                _ => result,
            },
            ..AuditEvent::by_server(self.clock.now(), action, &change.arn.to_string())
        }
    }
}

impl Job {
    /// The step that ends the change now.
    pub(super) fn end(&self, how: End) -> Step {
        Step::Ended(Ending { at: self.timeline.now(), how })
    }
}

/// The state that a change leaves, as the audit chain writes it.
fn state_before(change: &Change) -> String {
    match (change.action, &change.from) {
        (Action::Disable, _) => with_key(change.key.as_ref()),
        (Action::Enable, Some(EncryptionReport::Encrypted(key))) => with_key(key.as_ref()),
        (Action::Enable, _) => "NONE".to_owned(),
    }
}

/// The state that a change wants.
fn state_wanted(change: &Change) -> String {
    match change.action {
        Action::Disable => "NONE".to_owned(),
        Action::Enable => with_key(change.key.as_ref()),
    }
}

fn with_key(key: Option<&KeyId>) -> String {
    format!("KMS {}", key.map_or("", |key| key.as_str()))
}

/// Writes the intent of a person's change.
pub async fn append_intent(tx: &mut Tx, change: &Change, requester: &Requester, action: &str) -> Result<(), StoreError> {
    let event = AuditEvent {
        at: change.cancelled.as_ref().map_or(change.requested_at, |cancelled| cancelled.at),
        actor: requester.user_name.clone(),
        address: requester.address.clone(),
        user_agent: requester.user_agent.clone(),
        action: action.to_owned(),
        target: change.arn.to_string(),
        reason: match &change.quota_reason {
            Some(quota_reason) => format!("{} (with 25 counted in 24 h: {quota_reason})", change.reason),
            None => change.reason.clone(),
        },
        before: state_before(change),
        after: state_wanted(change),
        aws_request_id: String::new(),
        result: change.end.as_ref().map_or("Requested", |end| end.how.word()).to_owned(),
    };
    audit::append(tx, event).await
}
