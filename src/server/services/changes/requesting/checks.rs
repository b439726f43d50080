//! Checks whether a confirmed form may become a change: what it showed must still hold, and the user must have been
//! warned of what Keystream can't judge.

use super::{
    confirmed_form::ConfirmedForm,
    looks::{Looks, Read},
};
use crate::{
    model::{
        change::{Action, preconditions, quota::Count, refusal::Precondition},
        forms::FormMistake,
        keys::{self, Comparison, KeyLook, Named},
        stream::{
            StreamReport, StreamStatus,
            encryption::{KeyId, KeyIdForm},
        },
        time::Timestamp,
    },
    server::adapters::aws::{ReadFailure, ReadFailureKind},
};

/// What to do with a confirmed form.
#[derive(Debug)]
pub enum Verdict {
    /// Send it.
    Send,
    /// Wait: only the stream's UPDATING prevents sending, and the user chose how long to wait.
    Wait {
        until: Timestamp,
    },
    Reject(Precondition),
}

/// Judges a form by the read just before sending.
pub fn judge(form: &ConfirmedForm, looks: &Looks, read: &Read, now: Timestamp) -> Verdict {
    let Err(precondition) = check(form, looks, read) else { return Verdict::Send };
    match form.wait.filter(|_| may_wait(form, looks, &precondition, read)) {
        Some(wait) => Verdict::Wait { until: wait.over_at(now) },
        None => Verdict::Reject(precondition),
    }
}

/// Asks a user to confirm again what Keystream can't judge: a key that can't be seen for an enable, an apparently
/// different key for a disable, and the 26th change of its kind.
///
/// # Errors
/// Returns the question, unless the form says that the user has confirmed it.
pub fn warn_once(
    form: &ConfirmedForm,
    looks: &Looks,
    read: &Read,
    warned_key: &str,
    count: &Count,
) -> Result<(), FormMistake> {
    let warning = match form.action {
        // Every account has AWS's own key for Kinesis.
        Action::Enable => (matches!(looks.sent, Some(KeyLook::Unseen(_)))
            && form.key.form() != Some(KeyIdForm::ServiceKey))
        .then_some(FormMistake::KeyUnseen),
        Action::Disable => {
            read.as_ref().is_ok_and(|report| is_another_key(form, looks, report)).then_some(FormMistake::KeyOther)
        }
    };
    if let Some(warning) = warning
        && warned_key.trim() != form.key.as_str()
    {
        return Err(warning);
    }
    if count.is_used_up() && form.quota_reason.is_none() { Err(FormMistake::QuotaUsed) } else { Ok(()) }
}

/// Returns whether the key sent as another form is, as far as is known, a different key.
fn is_another_key(form: &ConfirmedForm, looks: &Looks, report: &StreamReport) -> bool {
    let chosen = Named { id: &form.key, arn: looks.sent.as_ref().and_then(KeyLook::arn) };
    // If AWS names no key, compare with the one that the stream was seen to have.
    let seen = report.key_arn.as_ref().and_then(|arn| KeyId::as_reported(&arn.to_string()).ok());
    let present = report.key().or(seen.as_ref()).map(|id| Named { id, arn: report.key_arn.as_deref() });
    form.is_other_form
        && present.is_some_and(|present| keys::compare(&report.arn, present, chosen) == Comparison::Other)
}

/// Returns whether a change may be armed: only the stream's UPDATING prevents sending it.
fn may_wait(form: &ConfirmedForm, looks: &Looks, precondition: &Precondition, read: &Read) -> bool {
    matches!(precondition, Precondition::NotActive { status: StreamStatus::Updating })
        && !form.is_other_form
        && read
            .as_ref()
            .is_ok_and(|report| report.encryption == form.shown.encryption && check_key(form, looks, report).is_ok())
}

/// Checks that the plan still holds.
fn check(form: &ConfirmedForm, looks: &Looks, read: &Read) -> Result<(), Precondition> {
    match read {
        Ok(report) => {
            preconditions::still_as_shown(form.action, &form.shown, report)?;
            match preconditions::of_report(form.action, report) {
                // The user named the key.
                Err(Precondition::KeyUnstated) if form.is_other_form => Ok(()),
                checked => checked.and_then(|_| check_key(form, looks, report)),
            }
        }
        Err(ReadFailure { kind: ReadFailureKind::NotFound, .. }) => Err(Precondition::Missing),
        Err(failure) => Err(Precondition::CouldNotRead { why: failure.why.clone() }),
    }
}

/// Checks the key of an enable. The state of a key never refuses a disable.
fn check_key(form: &ConfirmedForm, looks: &Looks, report: &StreamReport) -> Result<(), Precondition> {
    let chosen = looks.sent.as_ref().filter(|_| form.action == Action::Enable);
    chosen.map_or(Ok(()), |look| preconditions::of_key(&form.key, look, report, &looks.meant))
}
