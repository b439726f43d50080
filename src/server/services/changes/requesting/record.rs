//! Recording a change: checks a confirmed form against one more read of the stream, records the change with its audit
//! event in one transaction, and only then sends it.

use std::sync::Arc;

use super::{
    Requests,
    checks::{self, Verdict},
    confirmed_form::ConfirmedForm,
    looks::{Looks, Read},
};
use crate::{
    model::{
        access::{audit_action::AuditAction, requester::Requester},
        change::{
            Action, Change, ChangeForm, End, Ending, Intent, Resolved, Submitted, quota::Count, refusal::Refusal,
        },
        forms::{FormMistake, Outcome},
        keys::KeyLook,
        stream::StreamId,
        time::Timestamp,
        trace_parent::TraceParent,
    },
    server::{
        adapters::{
            aws::targets::Target,
            clock::Freshness,
            random,
            store::{Inserted, NewChange, StoreError},
            tasks::spawn_on,
        },
        services::{
            audit::{self, AuditEvent},
            changes::{
                Asking, RequestError, audit_events,
                error::require_changes,
                progress,
                standing::Standing,
                trace,
                working::{Job, Timeline},
            },
        },
    },
};

/// What is known about the stream and its keys just before sending.
struct Examined {
    read: Read,
    fresh: Freshness,
    looks: Looks,
    count: Count,
}

/// Who submitted the form, and what identifies repeats of it.
struct Submission<'a> {
    requester: &'a Requester,
    request_id: &'a str,
    form_hash: &'a str,
    /// The trace that the request says it is part of.
    caller: Option<TraceParent>,
}

/// The result of recording a change.
enum Recording {
    New(Box<Job>),
    /// The same form was submitted before, or its stream has an active change.
    Known(Submitted),
}

impl Requests {
    /// Records a change and sends it. Returns once the journal row is committed; AWS's answer appears on the ladder.
    ///
    /// Runs in its own task, so that closing the browser between recording and sending ends nothing. `caller` is the
    /// trace that the request says it is part of.
    ///
    /// # Errors
    /// See [`RequestError`]. After an error or a mistake, nothing was sent.
    pub async fn submit(
        self: &Arc<Self>,
        requester: Requester,
        action: Action,
        form: ChangeForm,
        caller: Option<TraceParent>,
    ) -> Result<Outcome<Submitted>, RequestError> {
        let requests = self.clone();
        spawn_on(&self.tasks, async move { requests.accept_form(requester, action, form, caller).await }).await?
    }

    async fn accept_form(
        &self,
        requester: Requester,
        action: Action,
        form: ChangeForm,
        caller: Option<TraceParent>,
    ) -> Result<Outcome<Submitted>, RequestError> {
        requester.require_certain()?;
        let id = StreamId::parse(&form.account, &form.region, &form.name).map_err(|_| RequestError::NotFound)?;
        let target = self.inventory.target(&id).ok_or(RequestError::NotFound)?;
        if !requester.scope.covers(&id) {
            let event = AuditEvent::by(&requester.actor(), self.clock.now(), AuditAction::ChangeRefused, &id.path());
            audit::append_alone(&self.store, AuditEvent { result: "outside the scope".to_owned(), ..event }).await?;
            return Err(RequestError::NotFound);
        }
        require_changes(&self.read_only, &target)?;
        let confirmed = match ConfirmedForm::parse(action, &form, &id) {
            Ok(confirmed) => confirmed,
            Err(mistake) => return Ok(mistake.into()),
        };

        let timeline = Timeline::begin(&self.clock, self.store.now(self.clock.now()).await?, None);
        // From here on, it can become too late to send: delays of reads and recording count.
        let requested_at = timeline.now();
        let examined = match self.examine(&id, &target, &confirmed, &requester.user_name).await? {
            Outcome::Done(examined) => examined,
            Outcome::Mistake(mistake) => return Ok(mistake.into()),
        };
        let now = timeline.now();
        let verdict = checks::judge(&confirmed, &examined.looks, &examined.read, now);
        let Examined { looks, read, count, .. } = &examined;
        if !matches!(verdict, Verdict::Reject(_))
            && let Err(warning) = checks::warn_once(&confirmed, looks, read, &form.warned_key, count)
        {
            return Ok(warning.into());
        }
        let intent = intent_of(&confirmed, &requester, &examined, requested_at, now);
        let (change, action) = change_of(intent, verdict, now);

        let submission =
            Submission { requester: &requester, request_id: &form.request_id, form_hash: &confirmed.hash(), caller };
        let job = match self.record(change, action, &submission, timeline).await? {
            Recording::Known(submitted) => return Ok(Outcome::Done(submitted)),
            Recording::New(job) => *job,
        };
        self.inventory.record_change(&job.change);
        let submitted = Submitted::Recorded(Box::new(job.change.clone()));
        if job.change.is_active() {
            self.worker.start(job, target, examined.fresh);
        }
        Ok(Outcome::Done(submitted))
    }

    /// Reads the stream just before sending, never shared and never cached, and asks KMS about the keys alongside.
    async fn examine(
        &self,
        id: &StreamId,
        target: &Target,
        form: &ConfirmedForm,
        user: &str,
    ) -> Result<Outcome<Examined>, RequestError> {
        let ((read, fresh), looks, quota) = tokio::join!(
            self.reads.read_to_decide(id, user),
            Looks::take(&self.keys, target, form),
            self.quotas.of_stream(form.action, &form.shown.arn, Asking::Allowed)
        );
        let count = quota?.count;
        if let (true, Ok(report)) = (form.is_other_form, &read)
            && self.other_forms.why(report).await?.is_none()
        {
            return Ok(FormMistake::FormIncomplete.into());
        }
        let (looks, read) = looks.with_keys_in_use(&self.inventory, target, form, read);
        Ok(Outcome::Done(Examined { read, fresh, looks, count }))
    }

    /// Writes a change and its audit event in one transaction.
    async fn record(
        &self,
        mut change: Change,
        action: AuditAction,
        submission: &Submission<'_>,
        timeline: Timeline,
    ) -> Result<Recording, RequestError> {
        let Submission { requester, request_id, form_hash, caller } = *submission;
        // Taken before the row can exist: if the commit's answer is lost, no other task may resume the row.
        let guard = self.worker.take_in_hand(&change.id);
        let mut tx = self.store.write().await?;
        if self.read_only.is_on_in(&mut tx).await? {
            return Err(RequestError::ReadOnly);
        }
        let intent_mac = self.macs.of(&change, audit::last_seq(&mut tx).await?).map_err(StoreError::from)?;
        let user_id = &requester.user_id;
        let new = NewChange { change: &mut change, user_id, request_id, form_hash, intent_mac: &intent_mac };
        let fence = match self.store.insert_change(&mut tx, new).await? {
            Inserted::Recorded { fence } => fence,
            Inserted::SameRequest(earlier) => return Ok(Recording::Known(Submitted::Recorded(earlier))),
            Inserted::StreamBusy { id } => return Ok(Recording::Known(Submitted::UnderWay { id })),
            Inserted::OtherValues => return Err(RequestError::OtherValues),
        };
        audit::append(&mut tx, audit_events::intent(&change, requester, action)).await?;
        let committed = tx.commit().await;
        let job = Job::new(change, fence, timeline, guard);
        if let Err(error) = committed {
            // It may be on disk, but the user is told that nothing was sent, so nothing may be.
            self.worker.abandon(job);
            return Err(error.into());
        }
        trace::record_request(&self.traces, &job.change, caller, job.timeline.now());
        progress::record(Standing::UNRECORDED, &job.change, &self.traces);
        Ok(Recording::New(Box::new(job)))
    }
}

/// Returns the user's request, with what was known when it was checked.
fn intent_of(
    form: &ConfirmedForm,
    requester: &Requester,
    examined: &Examined,
    requested_at: Timestamp,
    now: Timestamp,
) -> Intent {
    let Examined { read, looks, .. } = examined;
    let is_as_shown = form.action == Action::Disable && !form.is_other_form;
    let meant = if is_as_shown { looks.present.as_ref() } else { looks.sent.as_ref() };
    Intent {
        action: form.action,
        arn: form.shown.arn.clone(),
        stream_created: form.shown.created,
        key: Some(form.key.clone()),
        resolved: meant.and_then(KeyLook::arn).map(|arn| Resolved { arn: arn.clone(), at: now }),
        from: Some(form.shown.encryption.clone()),
        from_key: read.as_ref().ok().and_then(|report| report.key_arn.as_deref().cloned()),
        retention_hours: read.as_ref().map_or(0, |report| report.retention_hours),
        actor: requester.user_name.clone(),
        reason: form.reason.as_str().to_owned(),
        quota_reason: form.quota_reason.as_ref().map(|reason| reason.as_str().to_owned()),
        requested_at,
        armed_until: None,
    }
}

/// Returns the change that results from a verdict, and its audit action.
fn change_of(intent: Intent, verdict: Verdict, now: Timestamp) -> (Change, AuditAction) {
    let mut change = Change::requested(random::id(), intent);
    let action = match verdict {
        Verdict::Send => AuditAction::ChangeRequested,
        Verdict::Wait { until } => {
            change.intent.armed_until = Some(until);
            AuditAction::ChangeArmed
        }
        Verdict::Reject(precondition) => {
            change.end = Some(Ending { at: now, how: End::Rejected(Refusal::precondition(precondition)) });
            AuditAction::ChangeRejected
        }
    };
    (change, action)
}
