//! Resuming changes that nobody works on: after a start, and later when another instance leaves some behind.
//!
//! A change that should have been sent at once but wasn't expires. One sent without a known answer becomes "outcome
//! unknown", and so does one that looks unsent after the database failed over. All of these are watched.

use std::{sync::Arc, time::Duration};

use tracing::Instrument;

use super::{Worker, job::Job, journal::Written, timeline::Timeline, typical_duration};
use crate::{
    model::{access::audit_action::AuditAction, change::Step, time::Timestamp},
    server::{
        adapters::{
            aws::targets::Target,
            clock,
            store::{Leased, StoreError},
            tasks::spawn_on,
        },
        services::{
            changes::trace,
            supervisor::{Part, Supervisor},
        },
    },
};

/// How often to look for changes that nobody works on.
const LOOKED_FOR_EVERY: Duration = Duration::from_millis(500);
/// Why an answer isn't known: another process, or this one before a restart, sent the call.
const LOST_SIGHT: &str = "the Keystream that sent it stopped, or was cut off, before it wrote the answer down";
/// How often to renew leases: three times before they expire.
const RENEWED_EVERY: Duration = Duration::from_secs(3);

impl Worker {
    /// Resumes what a start finds, and learns how long changes take here.
    ///
    /// # Errors
    /// If the journal can't be read or written.
    pub async fn take_up_at_start(self: &Arc<Self>) -> Result<(), StoreError> {
        self.durations.learn(&self.store.changes_reached(typical_duration::REMEMBERED).await?);
        let ended_since = self.store.now(self.clock.now()).await?.plus_millis(-trace::RECENT_MS);
        for change in self.store.changes_ended_since(ended_since).await? {
            trace::record_ended(&self.traces, &change);
        }
        self.take_up().await?;
        // Another instance works on these, but this one's pages show them from the start.
        for change in self.store.active_changes().await?.iter().filter(|change| !self.in_flight.has(&change.id)) {
            self.inventory.record_change_elsewhere(change);
        }
        Ok(())
    }

    /// Starts what runs as long as the server: watching settled changes, resuming changes that nobody works on and, if
    /// there can be other instances, renewing leases.
    pub fn begin(self: &Arc<Self>, supervisor: &Arc<Supervisor>) {
        let settled = self.settled.clone();
        supervisor
            .spawn(&self.tasks, &self.stop, Part::new("watching settled changes"), move || settled.clone().watch());
        self.do_again_and_again(supervisor, LOOKED_FOR_EVERY, Chore::TakeUp);
        if self.store.is_shared() {
            self.do_again_and_again(supervisor, RENEWED_EVERY, Chore::Renew);
        }
    }

    fn do_again_and_again(self: &Arc<Self>, supervisor: &Arc<Supervisor>, every: Duration, chore: Chore) {
        let worker = self.clone();
        supervisor
            .spawn(&self.tasks, &self.stop, Part::new(chore.name()), move || worker.clone().until_stop(every, chore));
    }

    async fn until_stop(self: Arc<Self>, every: Duration, chore: Chore) {
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = clock::sleep(every) => {}
            }
            let done = match chore {
                Chore::TakeUp => self.take_up().await,
                Chore::Renew if self.in_flight.is_empty() => Ok(()),
                Chore::Renew => self.store.renew_leases().await,
            };
            if let Err(error) = done {
                tracing::error!(%error, ?chore, "{chore:?} failed, and is tried again: {error}");
            }
        }
    }

    async fn take_up(self: &Arc<Self>) -> Result<(), StoreError> {
        let taken = self.store.take_over(|id| self.in_flight.has(id)).await?;
        if taken.is_empty() {
            return Ok(());
        }
        let now = self.store.now(self.clock.now()).await?;
        taken.into_iter().for_each(|leased| self.clone().go_on(leased, now));
        Ok(())
    }

    /// Continues a change from where its evidence ends.
    fn go_on(self: Arc<Self>, leased: Leased, now: Timestamp) {
        let Leased { change, fence, intent_mac } = leased;
        let timeline = Timeline::begin(&self.clock, now, Some(&change));
        let guard = self.in_flight.take(&change.id);
        let mut job = Job::new(change, fence, timeline, guard);
        trace::record_resumption(&self.traces, &job.change, fence, job.timeline.now());
        // Before anyone opens a page, which must show that the stream has an active change.
        self.inventory.record_change(&job.change);
        let (worker, span) = (self.clone(), job.span());
        let work = async move {
            if job.change.evidence.sent_at.is_none() && worker.journal.doubt(&mut job).await == Written::NotHeld {
                return;
            }
            let now = job.timeline.now();
            // Checked again when it is recorded as sent. Until then nobody should be told that it will be.
            if job.change.is_waiting() {
                match worker.journal.flaw(&job.change, &intent_mac).await {
                    Ok(None) => {}
                    Ok(Some(flaw)) => return worker.refuse_to_send(&mut job, flaw).await,
                    Err(error) => {
                        tracing::error!(%error, "whether the change is authentic isn't known yet: {error}");
                    }
                }
            }
            let is_armed = job.change.is_waiting() && job.change.intent.armed_until.is_some_and(|until| until >= now);
            // Read-only mode stops waiting changes too.
            let may_send = |target: &Arc<Target>| is_armed && !worker.read_only.is_on() && !target.is_read_only;
            let target = worker.inventory.target_of_arn(&job.change.intent.arn).filter(may_send);
            if let Some(target) = target {
                return worker.wait_and_send(job, target).await;
            }
            if job.change.evidence.sent_at.is_none() {
                return worker.expire(job).await;
            }
            if job.change.evidence.accepted.is_none() && job.change.evidence.outcome_unknown.is_none() {
                let lost = Step::LostTrack { at: now, why: LOST_SIGHT.to_owned() };
                if worker.journal.record_surely(&mut job, vec![lost], AuditAction::ChangeOutcomeUnknown).await
                    == Written::NotHeld
                {
                    return;
                }
            }
            worker.watch(job, Duration::ZERO).await;
        };
        spawn_on(&self.tasks, work.instrument(span));
    }
}

/// A task that runs periodically while the server runs.
#[derive(Debug, Clone, Copy)]
enum Chore {
    TakeUp,
    Renew,
}

impl Chore {
    /// Returns the name that pages show while it is down.
    const fn name(self) -> &'static str {
        match self {
            Self::TakeUp => "taking up changes",
            Self::Renew => "renewing leases",
        }
    }
}
