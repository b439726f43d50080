//! A confirmed form becomes a change: checked against one more read of the stream, recorded with its audit intent in one
//! transaction, and only then sent.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{
    Changes, RequestError,
    journal::{Job, append_intent},
    timeline::Timeline,
};
use crate::{
    model::{
        arming::Wait,
        change::{Action, Change, End, Ending, Intent},
        encryption::KeyId,
        pages::{DisableForm, Requested},
        preconditions::{self, Shown},
        refusal::{Precondition, Refusal},
        stream::{StreamArn, StreamKey, StreamReport, StreamStatus},
        timestamp::Timestamp,
        validation::{FormMistake, Reason, confirm_name},
    },
    server::{
        audit::{self, AuditEvent},
        aws::{ReadFailure, ReadFailureKind},
        context::Requester,
        random,
        store::{Inserted, NewChange},
    },
};

impl Changes {
    /// Records a disable and sends it. Answers once the journal row is committed; AWS's answer appears on the ladder.
    /// Runs in a task of its own: a browser that closes between the recording and the sending ends nothing.
    ///
    /// # Errors
    /// See [`RequestError`]. In each case nothing was sent.
    pub async fn request_disable(self: &Arc<Self>, requester: Requester, form: DisableForm) -> Result<Requested, RequestError> {
        let engine = self.clone();
        self.tasks.spawn(async move { engine.request(requester, form).await }).await?
    }

    async fn request(self: Arc<Self>, requester: Requester, form: DisableForm) -> Result<Requested, RequestError> {
        requester.require_certain()?;
        let key = StreamKey::parse(&form.account, &form.region, &form.name).map_err(|_| RequestError::NotFound)?;
        let target = self.inventory.target(&key).ok_or(RequestError::NotFound)?;
        if !requester.scope.covers(&key) {
            let event = AuditEvent::by(&requester.actor(), self.clock.now(), "change.refused", &key.path());
            audit::append_alone(&self.store, AuditEvent { result: "outside the scope".to_owned(), ..event }).await?;
            return Err(RequestError::NotFound);
        }
        if self.is_read_only || target.is_read_only {
            return Err(RequestError::ReadOnly);
        }
        confirm_name(&form.typed_name, &key.name).map_err(RequestError::Mistake)?;
        let reason = Reason::parse(&form.reason).map_err(RequestError::Mistake)?;
        let wait = Wait::parse(&form.wait_minutes).map_err(RequestError::Mistake)?;
        let shown = Shown::parse(&form, &key)?;

        // The read just before sending: never shared, never cached.
        let read = self.read_fresh(&key).await;
        let timeline = Timeline::begin(&self.clock, None);
        let now = timeline.now();
        let checked = check(&shown, &read);
        let armed_until = wait.filter(|_| may_wait(&shown, &checked, &read)).map(|wait| wait.over_at(now));
        let form_hash = shown.hash(&reason, &form.wait_minutes);
        let intent = Intent {
            id: random::id(),
            action: Action::Disable,
            arn: shown.arn,
            stream_created: shown.created,
            key: Some(shown.key),
            armed_until,
            retention_hours: read.as_ref().map_or(0, |report| report.retention_hours),
            actor: requester.user_name.clone(),
            reason: reason.as_str().to_owned(),
        };
        let mut change = Change::requested(intent, now);
        let action = match (&checked, armed_until) {
            (Ok(key_id), _) => {
                change.key = Some(key_id.clone());
                "change.requested"
            }
            (Err(_), Some(_)) => "change.armed",
            (Err(precondition), None) => {
                change.end = Some(Ending { at: now, how: End::Rejected(Refusal::precondition(precondition.clone())) });
                "change.rejected"
            }
        };

        // From before it can be in the journal: should the commit's answer be lost, its row is taken up.
        let guard = self.in_hand.take(&change.id);
        let mut tx = self.store.write().await?;
        let new = NewChange { change: &mut change, user_id: &requester.user_id, request_id: &form.request_id, form_hash: &form_hash };
        let fence = match self.store.insert_change(&mut tx, new).await? {
            Inserted::Recorded { fence } => fence,
            Inserted::SameRequest(earlier) => return Ok(requested(&earlier)),
            Inserted::StreamBusy(active) => return Ok(Requested::Change { id: active.id }),
            Inserted::OtherValues => return Err(RequestError::OtherValues),
        };
        append_intent(&mut tx, &change, &requester, action).await?;
        if let Err(error) = tx.commit().await {
            // It may be on disk all the same, and its person hears that nothing was sent: so nothing will be.
            let engine = self.clone();
            self.tasks.spawn(async move { engine.expire(Job { change, fence, timeline, _guard: guard }).await });
            return Err(error.into());
        }

        self.inventory.note_change(&change);
        let answer = requested(&change);
        if change.is_active() {
            let engine = self.clone();
            let job = Job { change, fence, timeline, _guard: guard };
            self.tasks.spawn(async move {
                if job.change.is_waiting() {
                    engine.wait_and_send(job, target).await;
                } else {
                    engine.send(job, target).await;
                }
            });
        }
        Ok(answer)
    }
}

/// What the answer to a form says of its change.
fn requested(change: &Change) -> Requested {
    match &change.end {
        Some(Ending { how: End::Rejected(refusal), .. }) if !refusal.is_by_aws() => {
            Requested::Rejected { id: change.id.clone(), words: refusal.text(change) }
        }
        _ => Requested::Change { id: change.id.clone() },
    }
}

impl Shown {
    /// Hidden fields are as hostile as any.
    fn parse(form: &DisableForm, stream: &StreamKey) -> Result<Self, RequestError> {
        let is_request_id = (16..=64).contains(&form.request_id.len()) && form.request_id.bytes().all(|b| b.is_ascii_alphanumeric());
        let parsed = || -> Option<Self> {
            let arn: StreamArn = form.shown_arn.parse().ok()?;
            let created = Timestamp::from_millis(form.shown_created.parse().ok()?);
            let key = KeyId::as_reported(&form.shown_key).ok()?;
            (is_request_id && StreamKey::from(&arn) == *stream).then_some(Self { arn, created, key })
        };
        parsed().ok_or(RequestError::Mistake(FormMistake::FormIncomplete))
    }

    /// What makes two forms the same: the values shown, the reason, and the wait.
    fn hash(&self, reason: &Reason, wait_minutes: &str) -> String {
        let mut hasher = Sha256::new();
        for field in [&self.arn.to_string(), &self.created.as_millis().to_string(), self.key.as_str(), reason.as_str(), wait_minutes.trim()]
        {
            hasher.update((field.len() as u64).to_be_bytes());
            hasher.update(field.as_bytes());
        }
        hex::encode(hasher.finalize())
    }
}

/// Whether a change may be armed: only the stream's UPDATING stands in its way.
fn may_wait(shown: &Shown, checked: &Result<KeyId, Precondition>, read: &Result<StreamReport, ReadFailure>) -> bool {
    let is_busy = matches!(checked, Err(Precondition::NotActive { status: StreamStatus::Updating }));
    is_busy && read.as_ref().is_ok_and(|report| report.key() == Some(&shown.key))
}

/// Whether the plan still holds, and the KeyId to send.
fn check(shown: &Shown, read: &Result<StreamReport, ReadFailure>) -> Result<KeyId, Precondition> {
    match read {
        Ok(report) => {
            preconditions::still_as_shown(shown, report)?;
            preconditions::of_report(report)
        }
        Err(ReadFailure { kind: ReadFailureKind::NotFound, .. }) => Err(Precondition::Missing),
        Err(failure) => Err(Precondition::CouldNotRead { why: failure.why.clone() }),
    }
}
