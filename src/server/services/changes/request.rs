//! A confirmed form becomes a change: checked against one more read of the stream, recorded with its audit intent in one
//! transaction, and only then sent.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{
    Changes, RequestError,
    journal::{Job, append_intent},
    quota::Asking,
    timeline::Timeline,
};
use crate::{
    model::{
        change::{
            Action, Change, End, Ending, Intent, Resolved,
            arming::Wait,
            confirmation::{Reason, confirm_name},
            preconditions::{self, Shown},
            quota::Count,
            refusal::{Precondition, Refusal},
        },
        forms::FormMistake,
        keys::{self, Comparison, KeyLook, Meant, Named},
        stream::{
            StreamArn, StreamId, StreamReport, StreamStatus,
            encryption::{EncryptionReport, InvalidKeyId, KeyId, KeyIdForm},
        },
        time::Timestamp,
    },
    server::{
        adapters::{
            aws::{ReadFailure, ReadFailureKind, targets::Target},
            random,
            store::{Inserted, NewChange},
            tasks::spawn_on,
        },
        services::audit::{self, AuditEvent},
        web::context::Requester,
    },
    view::pages::{ChangeForm, Requested},
};

impl Changes {
    /// Records a change and sends it. Answers once the journal row is committed; AWS's answer appears on the ladder.
    /// Runs in a task of its own: a browser that closes between the recording and the sending ends nothing.
    ///
    /// # Errors
    /// See [`RequestError`]. In each case nothing was sent.
    pub async fn request(self: &Arc<Self>, requester: Requester, action: Action, form: ChangeForm) -> Result<Requested, RequestError> {
        let engine = self.clone();
        spawn_on(&self.tasks, async move { engine.accept_form(requester, action, form).await }).await?
    }

    async fn accept_form(self: Arc<Self>, requester: Requester, action: Action, form: ChangeForm) -> Result<Requested, RequestError> {
        requester.require_certain()?;
        let key = StreamId::parse(&form.account, &form.region, &form.name).map_err(|_| RequestError::NotFound)?;
        let target = self.inventory.target(&key).ok_or(RequestError::NotFound)?;
        if !requester.scope.covers(&key) {
            let event = AuditEvent::by(&requester.actor(), self.clock.now(), "change.refused", &key.path());
            audit::append_alone(&self.store, AuditEvent { result: "outside the scope".to_owned(), ..event }).await?;
            return Err(RequestError::NotFound);
        }
        if self.is_read_only || target.is_read_only {
            return Err(RequestError::ReadOnly);
        }
        let asked = ConfirmedForm::parse(action, &form, &key)?;

        let timeline = Timeline::begin(&self.clock, self.store.now(self.clock.now()).await?, None);
        // From here on it may be too late to send: whatever holds the reads or the recording up counts.
        let requested_at = timeline.now();
        // The read just before sending: never shared, never cached. What KMS says of the keys is read beside it.
        let ((read, fresh), looks, quota) = tokio::join!(
            self.read_to_decide(&key),
            self.inspect_keys(&target, &asked),
            self.quota(asked.action, &asked.shown.arn, Asking::Allowed)
        );
        let quota = quota?;
        if let (true, Ok(report)) = (asked.is_other_form, &read)
            && self.why_another_form(report).await?.is_none()
        {
            return Err(FormMistake::FormIncomplete.into());
        }
        let (looks, read) = self.with_keys_in_use(&target, &asked, looks, read);
        let now = timeline.now();
        let checked = check(&asked, &looks, &read);
        let may_wait = may_wait(&asked, &looks, &checked, &read);
        let armed_until = asked.wait.filter(|_| may_wait).map(|wait| wait.over_at(now));
        if checked.is_ok() || armed_until.is_some() {
            warn_once(&asked, &looks, &read, &form.warned_key, &quota.count)?;
        }
        let mut change = Change::requested(random::id(), asked.intent(&requester, &read, &looks, armed_until, requested_at, now));
        let action = match (&checked, armed_until) {
            (Ok(_), _) => "change.requested",
            (Err(_), Some(_)) => "change.armed",
            (Err(precondition), None) => {
                change.end = Some(Ending { at: now, how: End::Rejected(Refusal::precondition(precondition.clone())) });
                "change.rejected"
            }
        };
        let form_hash = asked.hash();

        // From before it can be in the journal: should the commit's answer be lost, its row is taken up.
        let guard = self.in_flight.take(&change.id);
        let mut tx = self.store.write().await?;
        let new = NewChange { change: &mut change, user_id: &requester.user_id, request_id: &form.request_id, form_hash: &form_hash };
        let fence = match self.store.insert_change(&mut tx, new).await? {
            Inserted::Recorded { fence } => fence,
            Inserted::SameRequest(earlier) => return Ok(requested(&earlier)),
            Inserted::StreamBusy { id } => return Ok(Requested::Change { id }),
            Inserted::OtherValues => return Err(RequestError::OtherValues),
        };
        append_intent(&mut tx, &change, &requester, action).await?;
        if let Err(error) = tx.commit().await {
            // It may be on disk all the same, and its person hears that nothing was sent: so nothing will be.
            let engine = self.clone();
            spawn_on(&self.tasks, async move { engine.expire(Job { change, fence, timeline, _guard: guard }).await });
            return Err(error.into());
        }

        self.inventory.record_change(&change);
        let answer = requested(&change);
        if change.is_active() {
            let engine = self.clone();
            let job = Job { change, fence, timeline, _guard: guard };
            spawn_on(&self.tasks, async move {
                if job.change.is_waiting() {
                    engine.wait_and_send(job, target).await;
                } else {
                    engine.send(job, target, fresh).await;
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

/// A confirmed form, parsed.
struct ConfirmedForm {
    action: Action,
    shown: Shown,
    /// The KeyId to send: what the form showed of a disable, what was chosen for an enable.
    key: KeyId,
    /// A disable with another KeyId than the form showed.
    is_other_form: bool,
    reason: Reason,
    quota_reason: Option<Reason>,
    wait: Option<Wait>,
    wait_minutes: String,
}

/// The read just before sending.
type Read = Result<StreamReport, ReadFailure>;

/// What KMS says of the keys that a change is about.
struct Looks {
    /// The key that the stream had when the form was shown.
    present: Option<KeyLook>,
    /// The key that is to be sent.
    sent: Option<KeyLook>,
    /// Every key that the key in use was seen to mean.
    meant: Vec<Meant>,
}

impl ConfirmedForm {
    /// Hidden fields are as hostile as any.
    fn parse(action: Action, form: &ChangeForm, stream: &StreamId) -> Result<Self, RequestError> {
        let mistake = RequestError::Mistake;
        confirm_name(&form.typed_name, &stream.name).map_err(mistake)?;
        let reason = Reason::parse(&form.reason).map_err(mistake)?;
        let wait = Wait::parse(&form.wait_minutes).map_err(mistake)?;
        let quota_reason = match form.quota_reason.trim() {
            "" => None,
            text => Some(Reason::parse(text).map_err(mistake)?),
        };
        let is_request_id = (16..=64).contains(&form.request_id.len()) && form.request_id.bytes().all(|b| b.is_ascii_alphanumeric());
        let parsed = || -> Option<(Shown, Option<KeyId>)> {
            let arn: StreamArn = form.shown_arn.parse().ok()?;
            let created = Timestamp::from_millis(form.shown_created.parse().ok()?);
            let key = match form.shown_key.as_str() {
                "" => None,
                text => Some(KeyId::as_reported(text).ok()?),
            };
            let encryption = match (action, form.shown_type.as_str()) {
                (Action::Disable, _) | (_, "KMS") => EncryptionReport::Encrypted(key.clone()),
                (Action::Enable, "NONE") => EncryptionReport::NotEncrypted,
                _ => return None,
            };
            (is_request_id && StreamId::from(&arn) == *stream).then_some((Shown { arn, created, encryption }, key))
        };
        let (shown, shown_key) = parsed().ok_or(RequestError::Mistake(FormMistake::FormIncomplete))?;
        let key = match (action, shown_key) {
            (Action::Disable, Some(shown)) if form.key.trim().is_empty() || form.key.trim() == shown.as_str() => shown,
            _ => form.key.parse().map_err(|InvalidKeyId| RequestError::Mistake(FormMistake::KeyInvalid))?,
        };
        let is_other_form = action == Action::Disable && shown.encryption != EncryptionReport::Encrypted(Some(key.clone()));
        let wait_minutes = form.wait_minutes.trim().to_owned();
        Ok(Self { action, shown, key, is_other_form, reason, quota_reason, wait, wait_minutes })
    }

    fn intent(
        &self,
        requester: &Requester,
        read: &Result<StreamReport, ReadFailure>,
        looks: &Looks,
        armed_until: Option<Timestamp>,
        requested_at: Timestamp,
        now: Timestamp,
    ) -> Intent {
        let is_as_shown = self.action == Action::Disable && !self.is_other_form;
        let meant = if is_as_shown { looks.present.as_ref() } else { looks.sent.as_ref() };
        Intent {
            action: self.action,
            arn: self.shown.arn.clone(),
            stream_created: self.shown.created,
            key: Some(self.key.clone()),
            resolved: meant.and_then(KeyLook::arn).map(|arn| Resolved { arn: arn.clone(), at: now }),
            from: Some(self.shown.encryption.clone()),
            from_key: read.as_ref().ok().and_then(|report| report.key_arn.as_deref().cloned()),
            requested_at,
            armed_until,
            retention_hours: read.as_ref().map_or(0, |report| report.retention_hours),
            actor: requester.user_name.clone(),
            reason: self.reason.as_str().to_owned(),
            quota_reason: self.quota_reason.as_ref().map(|reason| reason.as_str().to_owned()),
        }
    }

    /// What makes two forms the same: the values shown, and what was typed.
    fn hash(&self) -> String {
        let shown_key = match &self.shown.encryption {
            EncryptionReport::Encrypted(Some(key)) => key.as_str(),
            _ => self.shown.encryption.type_word(),
        };
        let fields = [
            self.action.slug(),
            &self.shown.arn.to_string(),
            &self.shown.created.as_millis().to_string(),
            shown_key,
            self.key.as_str(),
            self.reason.as_str(),
            self.quota_reason.as_ref().map_or("", Reason::as_str),
            &self.wait_minutes,
        ];
        let mut hasher = Sha256::new();
        for field in fields {
            hasher.update((field.len() as u64).to_be_bytes());
            hasher.update(field.as_bytes());
        }
        hex::encode(hasher.finalize())
    }
}

impl Changes {
    /// Looks at the key in use and at the one that is to be sent, at most 2 s. Only an enable can be refused by it.
    async fn inspect_keys(&self, target: &Target, asked: &ConfirmedForm) -> Looks {
        let present = async {
            match &asked.shown.encryption {
                EncryptionReport::Encrypted(Some(key)) => Some(self.keys.look(target, key).await),
                _ => None,
            }
        };
        let sent = async {
            match asked.action {
                Action::Disable if !asked.is_other_form => None,
                // Now, not as it was when the form was shown.
                _ => Some(self.keys.look_now(target, &asked.key).await),
            }
        };
        let (present, sent) = tokio::join!(present, sent);
        Looks { present, sent, meant: Vec::new() }
    }

    /// Keeps what KMS said of the key in use, and adds which key that is, as far as is known.
    fn with_keys_in_use(&self, target: &Target, asked: &ConfirmedForm, looks: Looks, read: Read) -> (Looks, Read) {
        if let (EncryptionReport::Encrypted(Some(present)), Some(arn)) =
            (&asked.shown.encryption, looks.present.as_ref().and_then(KeyLook::arn))
        {
            // Stored records need the key that the name means now, wherever an alias points later.
            self.inventory.record_key_arn(target, present, arn);
        }
        let looks = Looks { meant: self.inventory.keys_in_use(&StreamId::from(&asked.shown.arn)), ..looks };
        let present = match looks.meant.as_slice() {
            [] => looks.present.as_ref().and_then(KeyLook::arn),
            [only] => Some(&only.arn),
            // Its alias was re-pointed: which key Kinesis uses can't be known.
            [_, _, ..] => None,
        };
        let read = read.map(|report| StreamReport { key_arn: present.cloned().map(Box::new), ..report });
        (looks, read)
    }
}

/// Asks a person once more about what Keystream cannot judge: a key that cannot be seen for an enable, what seems to be
/// another key for a disable, and the 26th of its kind.
fn warn_once(
    asked: &ConfirmedForm,
    looks: &Looks,
    read: &Result<StreamReport, ReadFailure>,
    warned_key: &str,
    count: &Count,
) -> Result<(), RequestError> {
    let warning = match asked.action {
        // Every account has AWS's own key for Kinesis.
        Action::Enable => (matches!(looks.sent, Some(KeyLook::Unseen { .. })) && asked.key.form() != Some(KeyIdForm::ServiceKey))
            .then_some(FormMistake::KeyUnseen),
        Action::Disable => read.as_ref().is_ok_and(|report| is_another_key(asked, looks, report)).then_some(FormMistake::KeyOther),
    };
    if let Some(warning) = warning
        && warned_key.trim() != asked.key.as_str()
    {
        return Err(warning.into());
    }
    if count.is_used_up() && asked.quota_reason.is_none() { Err(FormMistake::QuotaUsed.into()) } else { Ok(()) }
}

/// Whether what is to be sent as another form of a key is, as far as can be told, another key.
fn is_another_key(asked: &ConfirmedForm, looks: &Looks, report: &StreamReport) -> bool {
    let chosen = Named { id: &asked.key, arn: looks.sent.as_ref().and_then(KeyLook::arn) };
    // Where AWS names no key, the one that the stream was seen to have stands for itself.
    let seen = report.key_arn.as_ref().and_then(|arn| KeyId::as_reported(&arn.to_string()).ok());
    let present = report.key().or(seen.as_ref()).map(|id| Named { id, arn: report.key_arn.as_deref() });
    asked.is_other_form && present.is_some_and(|present| keys::compare(&report.arn, present, chosen) == Comparison::Other)
}

/// Whether a change may be armed: only the stream's UPDATING stands in its way.
fn may_wait(asked: &ConfirmedForm, looks: &Looks, checked: &Result<(), Precondition>, read: &Result<StreamReport, ReadFailure>) -> bool {
    let is_busy = matches!(checked, Err(Precondition::NotActive { status: StreamStatus::Updating }));
    is_busy
        && !asked.is_other_form
        && read.as_ref().is_ok_and(|report| report.encryption == asked.shown.encryption && check_key(asked, looks, report).is_ok())
}

/// Whether the plan still holds.
fn check(asked: &ConfirmedForm, looks: &Looks, read: &Result<StreamReport, ReadFailure>) -> Result<(), Precondition> {
    match read {
        Ok(report) => {
            preconditions::still_as_shown(asked.action, &asked.shown, report)?;
            match preconditions::of_report(asked.action, report) {
                // The person named it.
                Err(Precondition::KeyUnstated) if asked.is_other_form => Ok(()),
                checked => checked.and_then(|_| check_key(asked, looks, report)),
            }
        }
        Err(ReadFailure { kind: ReadFailureKind::NotFound, .. }) => Err(Precondition::Missing),
        Err(failure) => Err(Precondition::CouldNotRead { why: failure.why.clone() }),
    }
}

/// The state of a key never refuses a disable.
fn check_key(asked: &ConfirmedForm, looks: &Looks, report: &StreamReport) -> Result<(), Precondition> {
    let chosen = looks.sent.as_ref().filter(|_| asked.action == Action::Enable);
    chosen.map_or(Ok(()), |look| preconditions::of_key(&asked.key, look, report, &looks.meant))
}
