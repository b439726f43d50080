//! Checks of records after a change has settled, on request: by writing test records and looking at the answers, or by
//! reading the types of records that others write.
//!
//! Each runs in its own task, and never repeats by itself.

mod records;

use std::{sync::Arc, time::Duration};

use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

use self::records::{read, write};
use super::{
    collaborators::Collaborators,
    error::{RequestError, require_changes},
    fresh_reads::TURN_TIMEOUT,
    trace,
};
use crate::{
    model::{
        access::{audit_action::AuditAction, requester::Requester},
        change::{
            Change, Step,
            proof::{self, Done, Proof, ProofRequest, ReadResult, Reported},
        },
        forms::{FormMistake, Outcome},
        inventory::turns::Asker,
        stream::is_same_creation,
        time::Timestamp,
    },
    server::{
        adapters::{
            aws::targets::Target,
            clock::{self, Clock},
            store::{Store, StoreError, changes as table},
            tasks::spawn_on,
        },
        services::{
            audit::{self, AuditEvent},
            inventory::Inventory,
            read_only::ReadOnly,
            supervisor::{Part, Supervisor},
        },
    },
};

/// The longest time a proof may take.
const LONGEST: Duration = Duration::from_secs(300);
const TOO_LONG: &str = "it took more than 5 min and was given up";
/// The length of a pasted answer for 500 records.
const LONGEST_ANSWER: usize = 60_000;

/// The kind of check that a user requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Write,
    Read,
}

/// Runs the checks that users request, each in its own task.
#[derive(Debug)]
pub struct Proofs {
    store: Store,
    inventory: Arc<Inventory>,
    clock: Arc<dyn Clock>,
    read_only: ReadOnly,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Proofs {
    pub fn new(with: &Collaborators) -> Self {
        let Collaborators { store, inventory, clock, read_only, tasks, stop, .. } = with.clone();
        Self { store, inventory, clock, read_only, tasks, stop }
    }

    /// Starts ending the proofs that a crash interrupted.
    pub fn begin(self: &Arc<Self>, supervisor: &Arc<Supervisor>) {
        let proofs = self.clone();
        supervisor.spawn(&self.tasks, &self.stop, Part::new("ending proofs that were cut off"), move || {
            proofs.clone().end_cut_off()
        });
    }

    /// Requests a check of a settled change. Returns once that is recorded; the result appears on the change's page.
    ///
    /// # Errors
    /// If there is no such change in the user's scope, it has not settled, changes are switched off, or the journal
    /// cannot be written. In each case nothing was sent.
    pub async fn ask(self: &Arc<Self>, requester: Requester, id: String, kind: Kind) -> Result<Outcome, RequestError> {
        let proofs = self.clone();
        spawn_on(&self.tasks, async move { proofs.ask_here(&requester, &id, kind).await }).await?
    }

    async fn ask_here(self: &Arc<Self>, requester: &Requester, id: &str, kind: Kind) -> Result<Outcome, RequestError> {
        requester.require_certain()?;
        let change = self.settled(requester, id).await?;
        if !self.is_newest(&change).await? {
            return Ok(FormMistake::ChangeNotNewest.into());
        }
        let target = self.inventory.target_of_arn(&change.intent.arn).ok_or(RequestError::NotFound)?;
        if kind == Kind::Write {
            require_changes(&self.read_only, &target)?;
        }
        let now = self.clock.now();
        if change.evidence.proof.as_ref().is_some_and(|proof| proof.is_running(now)) {
            // The page says that one is under way.
            return Ok(Outcome::Done(()));
        }
        let (by, at) = (requester.user_name.clone(), now);
        let (step, action) = match kind {
            Kind::Write => {
                (Step::ProofByWrite(ProofRequest { by, at, result: None }), AuditAction::ChangeProofByWriteAsked)
            }
            Kind::Read => {
                (Step::ProofByRead(ProofRequest { by, at, result: None }), AuditAction::ChangeProofByReadAsked)
            }
        };
        let Some(change) = self.record_proof(id, step, AuditEvent::by(&requester.actor(), now, action, "")).await?
        else {
            // Another one was requested at the same moment; one is enough.
            return Ok(Outcome::Done(()));
        };
        let (proofs, span) = (self.clone(), trace::log_span(&change.id));
        let actor = requester.user_name.clone();
        let work = async move {
            tokio::select! {
                () = proofs.stop.cancelled() => proofs.cut_off(change.clone()).await,
                () = proofs.carry_out(change.clone(), target, actor, kind, at) => {}
            }
        };
        spawn_on(&self.tasks, work.instrument(span));
        Ok(Outcome::Done(()))
    }

    /// Records a producer's answer that a user pasted.
    ///
    /// # Errors
    /// See [`Proofs::ask`].
    pub async fn report(
        self: &Arc<Self>,
        requester: Requester,
        id: String,
        text: String,
    ) -> Result<Outcome, RequestError> {
        let proofs = self.clone();
        spawn_on(&self.tasks, async move { proofs.report_here(&requester, &id, &text).await }).await?
    }

    async fn report_here(&self, requester: &Requester, id: &str, text: &str) -> Result<Outcome, RequestError> {
        requester.require_certain()?;
        let change = self.settled(requester, id).await?;
        if !self.is_newest(&change).await? {
            return Ok(FormMistake::ChangeNotNewest.into());
        }
        let parsed = if text.len() > LONGEST_ANSWER { Err(proof::NotAnAnswer) } else { proof::parse_answer(text) };
        let Ok((encryption_type, shards)) = parsed else { return Ok(FormMistake::AnswerInvalid.into()) };
        let now = self.clock.now();
        let event = AuditEvent {
            result: encryption_type.clone(),
            ..AuditEvent::by(&requester.actor(), now, AuditAction::ChangeProofReported, "")
        };
        let report = Reported { by: requester.user_name.clone(), at: now, encryption_type, shards };
        self.record_proof(id, Step::ProofReported(report), event).await?;
        Ok(Outcome::Done(()))
    }

    /// Returns a settled change in the user's scope.
    async fn settled(&self, requester: &Requester, id: &str) -> Result<Change, RequestError> {
        let found = self.store.change(id).await?.filter(|change| requester.scope.covers_arn(&change.intent.arn));
        found.filter(|change| change.evidence.settled_at.is_some()).ok_or(RequestError::NotFound)
    }

    /// Returns whether records now show this change's effect: not if AWS may have acted on a later one.
    async fn is_newest(&self, change: &Change) -> Result<bool, StoreError> {
        let newest = self.store.newest_acting_change(&change.stream_id()).await?;
        let is_later = |newest: Change| newest.id != change.id && newest.evidence.sent_at >= change.evidence.sent_at;
        Ok(!newest.is_some_and(is_later))
    }

    /// Writes a step of a proof. Returns `None` if another proof is running by then.
    async fn record_proof(&self, id: &str, step: Step, event: AuditEvent) -> Result<Option<Change>, StoreError> {
        let is_asking = matches!(
            &step,
            Step::ProofByWrite(ProofRequest { result: None, .. })
                | Step::ProofByRead(ProofRequest { result: None, .. })
        );
        let mut tx = self.store.write().await?;
        let mut change = table::latest(&mut tx, id).await?.change;
        if is_asking && change.evidence.proof.as_ref().is_some_and(|proof| proof.is_running(self.clock.now())) {
            return Ok(None);
        }
        change.apply(step);
        table::write(&mut tx, &mut change).await?;
        audit::append(
            &mut tx,
            AuditEvent { target: change.intent.arn.to_string(), reason: change.intent.reason.clone(), ..event },
        )
        .await?;
        tx.commit().await?;
        self.inventory.record_change(&change);
        Ok(Some(change))
    }

    /// Checks that the stream is the one that was changed: records of another stream of the same name prove nothing.
    async fn is_still_the_stream(&self, change: &Change, target: &Target, user: &str) -> Result<(), String> {
        let turn = target.limits.describe.turn(Asker::Person(user.to_owned()));
        if clock::timeout(TURN_TIMEOUT, turn).await.is_err() {
            return Err("too many people read streams of this target at once".to_owned());
        }
        let report = target
            .read_arn(&change.intent.arn)
            .await
            .map_err(|failure| format!("the stream could not be read: {}", failure.why))?;
        if is_same_creation(report.created, change.intent.stream_created) {
            Ok(())
        } else {
            Err("the stream was deleted and created again".to_owned())
        }
    }

    /// Ends the interrupted proofs of a change.
    async fn cut_off(&self, change: Change) {
        let now = self.clock.now();
        for step in change.evidence.proof.as_ref().map_or_else(Vec::new, |proof| proof.cut_off(now)) {
            let event = AuditEvent {
                result: "cut off".to_owned(),
                ..AuditEvent::by_server(now, AuditAction::ChangeProofDone, "")
            };
            if let Err(error) = self.record_proof(&change.id, step, event).await {
                tracing::error!(%error, change_id = change.id, "that a proof was cut off could not be written: \
                    {error}");
            }
        }
    }

    /// Ends interrupted proofs. If there are other instances, only those that have taken longer than allowed.
    async fn end_cut_off(self: Arc<Self>) {
        let started = self.clock.now();
        let changes = match self.store.changes_with_a_proof_asked().await {
            Ok(changes) => changes,
            Err(error) => return tracing::error!(%error, "proofs that were cut off could not be looked for: {error}"),
        };
        let goes_on =
            |proof: &Proof| proof.is_running(started) && (self.store.is_shared() || proof.asked_at() >= Some(started));
        for change in changes.into_iter().filter(|change| !change.evidence.proof.as_ref().is_some_and(goes_on)) {
            let span = trace::log_span(&change.id);
            self.cut_off(change).instrument(span).await;
        }
    }

    async fn carry_out(&self, change: Change, target: Arc<Target>, actor: String, kind: Kind, asked_at: Timestamp) {
        let stream = target.ref_of(&change.intent.arn);
        let is_this_stream = self.is_still_the_stream(&change, &target, &actor).await;
        let settled_at = change.evidence.settled_at.unwrap_or(asked_at);
        let (step, result) = match kind {
            Kind::Write => {
                let outcome = match is_this_stream {
                    Ok(()) => write(&target, &stream, &actor, &change.id).await,
                    Err(why) => Err(why),
                };
                let words = outcome.as_ref().map_or_else(Clone::clone, |result| result.outcome(change.intent.action));
                let done = Some(Done { at: self.clock.now(), outcome });
                (Step::ProofByWrite(ProofRequest { by: actor, at: asked_at, result: done }), words)
            }
            Kind::Read => {
                let outcome = match is_this_stream {
                    Ok(()) => clock::timeout(LONGEST, read(&target, &stream, settled_at))
                        .await
                        .unwrap_or_else(|_| Err(TOO_LONG.to_owned())),
                    Err(why) => Err(why),
                };
                let words = outcome.as_ref().map_or_else(Clone::clone, ReadResult::outcome);
                let done = Some(Done { at: self.clock.now(), outcome });
                (Step::ProofByRead(ProofRequest { by: actor, at: asked_at, result: done }), words)
            }
        };
        let id = change.id.clone();
        let event = AuditEvent { result, ..AuditEvent::by_server(self.clock.now(), AuditAction::ChangeProofDone, "") };
        if let Err(error) = self.record_proof(&id, step, event).await {
            tracing::error!(%error, change_id = id, "the result of a proof of change {id} could not be written: \
                {error}");
        }
    }
}
