//! The engine's writes: each step of a change in one transaction with its audit event.

mod failover;

use std::{sync::Arc, time::Duration};

use super::job::Job;
use crate::{
    model::{
        access::audit_action::AuditAction,
        change::{Change, Step, refusal::Flaw},
    },
    server::{
        adapters::{
            clock::Clock,
            store::{Leased, Store, StoreError, Tx, changes as table},
            traces::Traces,
        },
        services::{
            audit,
            changes::{
                audit_events, collaborators::Collaborators, doubt::Finder, intent_mac::IntentMacs, progress,
                standing::Standing,
            },
            inventory::Inventory,
            read_only::ReadOnly,
        },
    },
};

/// The pause after a failed write; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The journal, as the worker writes it.
#[derive(Debug)]
pub struct Journal {
    store: Store,
    inventory: Arc<Inventory>,
    clock: Arc<dyn Clock>,
    read_only: ReadOnly,
    macs: IntentMacs,
    traces: Traces,
}

/// Whether a change was recorded as sent; if not, nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Clearance {
    Sent,
    ReadOnly,
    /// The row isn't the one that was recorded.
    NotAuthentic(Flaw),
}

/// The result of a write that is retried until the database accepts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Written {
    Yes,
    /// The change has ended, or another instance works on it: this task is done.
    NotHeld,
}

impl Journal {
    pub fn new(with: &Collaborators) -> Self {
        let Collaborators { store, inventory, clock, read_only, macs, traces, .. } = with.clone();
        Self { store, inventory, clock, read_only, macs, traces }
    }

    /// Applies steps to the change in the journal and writes it, with an audit event if there is an `action`, in one
    /// transaction. Then tells browsers. The change in memory moves only if the journal did.
    pub async fn record(
        &self,
        job: &mut Job,
        steps: Vec<Step>,
        action: impl Into<Option<AuditAction>>,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.write().await?;
        let mut moved = self.held(&mut tx, job).await?.change;
        let Some(tx) = self.unless_in_doubt(tx, &mut moved, Finder::Present).await? else {
            return Err(StoreError::NotHeld);
        };
        self.commit(tx, &mut job.change, moved, steps, action.into()).await
    }

    /// Records a change as sent, unless it may not be. All is checked in the transaction that records it, on the row
    /// that decides what goes out.
    pub async fn record_sent(&self, job: &mut Job, sent: Step) -> Result<Clearance, StoreError> {
        let mut tx = self.store.write().await?;
        let Leased { change: mut moved, intent_mac, .. } = self.held(&mut tx, job).await?;
        let Some(mut tx) = self.unless_in_doubt(tx, &mut moved, Finder::Present).await? else {
            return Err(StoreError::NotHeld);
        };
        if self.read_only.is_on_in(&mut tx).await? {
            return Ok(Clearance::ReadOnly);
        }
        if let Some(flaw) = self.flaw_in(&mut tx, &moved, &intent_mac).await? {
            return Ok(Clearance::NotAuthentic(flaw));
        }
        // What was read of it before decided what is about to be sent.
        if moved.intent != job.change.intent {
            return Ok(Clearance::NotAuthentic(Flaw::WrongMac));
        }
        self.commit(tx, &mut job.change, moved, vec![sent], Some(AuditAction::ChangeSent)).await?;
        Ok(Clearance::Sent)
    }

    /// Returns what shows that a row of a change that wasn't sent isn't the one that Keystream recorded.
    pub async fn flaw(&self, change: &Change, intent_mac: &str) -> Result<Option<Flaw>, StoreError> {
        let mut tx = self.store.write().await?;
        let flaw = self.flaw_in(&mut tx, change, intent_mac).await?;
        tx.rollback().await?;
        Ok(flaw)
    }

    async fn flaw_in(&self, tx: &mut Tx, change: &Change, intent_mac: &str) -> Result<Option<Flaw>, StoreError> {
        let after = match self.macs.check(intent_mac, change) {
            Ok(after) => after,
            Err(flaw) => return Ok(Some(flaw)),
        };
        // A stream has one active change at a time, so this is about no other.
        let is_over = audit::has_change_over(tx, after, &change.intent.arn.to_string()).await?;
        Ok(is_over.then_some(Flaw::PutBack))
    }

    /// Like [`Journal::record`], retried until the database accepts it: what AWS did must not be lost.
    pub async fn record_surely(
        &self,
        job: &mut Job,
        steps: Vec<Step>,
        action: impl Into<Option<AuditAction>>,
    ) -> Written {
        let action = action.into();
        let named = action.map_or("", AuditAction::name);
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match self.record(job, steps.clone(), action).await {
                Ok(()) => return Written::Yes,
                Err(StoreError::NotHeld) => {
                    // The journal decides.
                    tracing::warn!(
                        change_id = job.change.id,
                        action = named,
                        "change {} is no longer ours ({named})",
                        job.change.id
                    );
                    self.show_latest(&job.change.id).await;
                    return Written::NotHeld;
                }
                Err(error) => error,
            };
            self.complain_and_wait(&error, &job.change.id, named, &mut pause).await;
        }
    }

    /// Writes AWS's answer to the call, whoever works on the change by now, retrying until the database accepts it: an
    /// answer that arrived is never thrown away.
    pub async fn record_answer(&self, job: &mut Job, step: Step, action: AuditAction) -> Written {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.try_record_answer(job, step.clone(), action).await {
                Ok(written) => return written,
                Err(StoreError::NotHeld) => {
                    tracing::error!(
                        change_id = job.change.id,
                        action = action.name(),
                        "ALERT: AWS answered change {} ({}), and the database has lost the change",
                        job.change.id,
                        action.name()
                    );
                    return Written::NotHeld;
                }
                Err(error) => self.complain_and_wait(&error, &job.change.id, action.name(), &mut pause).await,
            }
        }
    }

    async fn try_record_answer(&self, job: &mut Job, step: Step, action: AuditAction) -> Result<Written, StoreError> {
        let mut tx = self.store.write().await?;
        let (mut moved, is_held) = match self.store.held(&mut tx, &job.change.id, job.fence).await {
            Ok(held) => (held.change, true),
            Err(StoreError::NotHeld) => (table::latest(&mut tx, &job.change.id).await?.change, false),
            Err(error) => return Err(error),
        };
        self.put_back(&mut tx, &mut moved, &job.change, is_held).await?;
        self.commit(tx, &mut job.change, moved, vec![step], Some(action)).await?;
        Ok(if is_held { Written::Yes } else { Written::NotHeld })
    }

    /// Writes what was learned about a change after its end.
    pub async fn record_after_end(
        &self,
        change: &mut Change,
        steps: Vec<Step>,
        action: impl Into<Option<AuditAction>>,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.write().await?;
        let moved = table::latest(&mut tx, &change.id).await?.change;
        self.commit(tx, change, moved, steps, action.into()).await
    }

    /// Writes that a settled change was reverted. Returns whether that is news: another instance may have written it.
    pub async fn record_reverted(&self, change: &mut Change, steps: Vec<Step>) -> Result<bool, StoreError> {
        let mut tx = self.store.write().await?;
        let moved = table::latest(&mut tx, &change.id).await?.change;
        if moved.evidence.reverted.is_some() {
            tx.rollback().await?;
            *change = moved;
            return Ok(false);
        }
        self.commit(tx, change, moved, steps, Some(AuditAction::ChangeReverted)).await?;
        Ok(true)
    }

    /// Applies steps to `moved`, as the database has the change, and writes it with its audit event. Then it is what is
    /// `known`, and what browsers see.
    async fn commit(
        &self,
        mut tx: Tx,
        known: &mut Change,
        mut moved: Change,
        steps: Vec<Step>,
        action: Option<AuditAction>,
    ) -> Result<(), StoreError> {
        let before = Standing::of(&moved);
        steps.into_iter().for_each(|step| moved.apply(step));
        table::write(&mut tx, &mut moved).await?;
        if let Some(action) = action {
            audit::append(&mut tx, audit_events::moved(&moved, action, self.clock.now())).await?;
        }
        self.finish(tx, before, &moved).await?;
        *known = moved;
        Ok(())
    }

    /// Commits what was written about a change, and then tells browsers.
    async fn finish(&self, tx: Tx, before: Standing, moved: &Change) -> Result<(), StoreError> {
        tx.commit().await?;
        progress::record(before, moved, &self.traces);
        self.inventory.record_change(moved);
        Ok(())
    }

    async fn complain_and_wait(&self, error: &StoreError, id: &str, action: &str, pause: &mut Duration) {
        tracing::error!(%error, change_id = id, action, "change {id} could not be written ({action}); trying again: \
            {error}");
        self.wait(pause).await;
    }

    async fn wait(&self, pause: &mut Duration) {
        self.clock.sleep(*pause).await;
        *pause = (*pause * 2).min(LONGEST_PAUSE);
    }

    /// Shows a change as the journal has it, after someone else has moved it.
    pub async fn show_latest(&self, id: &str) {
        match self.store.change(id).await {
            Ok(Some(change)) => self.inventory.record_change_elsewhere(&change),
            Ok(None) => {}
            Err(error) => {
                tracing::error!(%error, change_id = id, "change {id} could not be read after it was moved elsewhere: \
                    {error}");
            }
        }
    }
}
