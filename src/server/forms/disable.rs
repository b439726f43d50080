//! The confirmation's form.

use serde::{Deserialize, Serialize};

use super::{ask_identity, back_to, is_identity_fresh, kept_draft};
use crate::{
    error::AppError,
    model::{
        command_line,
        pages::{DisableForm, Draft, Requested},
        stream::StreamKey,
        validation::FormMistake,
    },
    server::{
        change::RequestError,
        context::{RequestContext, Requester},
    },
};

/// What was typed into a confirmation.
#[derive(Debug, Default, Serialize, Deserialize)]
struct DisableDraft {
    typed_name: String,
    reason: String,
    #[serde(default)]
    wait_minutes: String,
}

impl From<&DisableForm> for DisableDraft {
    fn from(form: &DisableForm) -> Self {
        Self { typed_name: form.typed_name.clone(), reason: form.reason.clone(), wait_minutes: form.wait_minutes.clone() }
    }
}

/// Asks a person to show once more who it is before a disable, if that was too long ago.
///
/// # Errors
/// Where to show it: nothing was sent, and what was typed is kept.
pub async fn ask_before_disable(cx: &RequestContext, requester: &Requester, form: &DisableForm) -> Result<(), AppError> {
    // While the database is not there, nothing is changed anyway, and the answer shows the call.
    if requester.is_remembered || is_identity_fresh(cx, requester) {
        return Ok(());
    }
    let key = StreamKey::parse(&form.account, &form.region, &form.name).map_err(|_| cx.fail(AppError::NotFound))?;
    Err(ask_identity(cx, requester, &key.disable_path(), &DisableDraft::from(form)).await)
}

/// The error that a refused request for a change becomes.
pub fn refused(cx: &RequestContext, error: RequestError) -> AppError {
    match error {
        RequestError::Mistake(mistake) => cx.fail(AppError::Mistake(mistake)),
        RequestError::NotFound => cx.fail(AppError::NotFound),
        RequestError::ReadOnly => cx.fail(AppError::NotPermitted),
        RequestError::OtherValues => cx.fail(AppError::OtherValues),
        RequestError::Store(error) => cx.fail_store(&error),
        RequestError::Task(error) => cx.fail_internal(&error),
    }
}

/// The answer to a confirmed disable.
///
/// # Errors
/// The refusal, for browsers with wasm; a plain form is sent on in any case that has a page to go to.
pub async fn answer_disable(
    cx: &RequestContext,
    requester: &Requester,
    form: &DisableForm,
    answer: Result<Requested, RequestError>,
) -> Result<Requested, AppError> {
    match answer {
        Ok(requested) => {
            let (Requested::Change { id } | Requested::Rejected { id, .. }) = &requested;
            cx.see_other(&format!("/changes/{id}"));
            Ok(requested)
        }
        Err(RequestError::Mistake(mistake)) => {
            let Ok(key) = StreamKey::parse(&form.account, &form.region, &form.name) else { return Err(cx.fail(AppError::NotFound)) };
            Err(back_to(cx, &requester.user_id, &key.disable_path(), mistake, &DisableDraft::from(form)).await)
        }
        Err(RequestError::Store(error)) => {
            tracing::error!(%error, "a change could not be recorded and was not sent: {error}");
            Err(cx.fail(journal_down(cx, requester, form)))
        }
        Err(error) => Err(refused(cx, error)),
    }
}

/// How a person can send the call when the journal cannot be written, from the last known values of this stream.
fn journal_down(cx: &RequestContext, requester: &Requester, form: &DisableForm) -> AppError {
    let key = StreamKey::parse(&form.account, &form.region, &form.name).ok();
    let key = key.filter(|key| requester.scope.covers(key) && !cx.state.is_read_only);
    let report = key.and_then(|key| cx.state.inventory.stream(&key)).and_then(|(_, report)| report);
    match report.as_ref().and_then(|report| Some((report, report.key()?))) {
        Some((report, key_id)) => AppError::JournalDown {
            command: command_line::stop_stream_encryption(&report.arn, key_id),
            known: format!("{} ({})", report.read_at.age(cx.state.clock.now()), report.read_at.date_and_clock()),
        },
        None => AppError::Unavailable,
    }
}

/// What a confirmation shows again after a mistake, or after its person has shown once more who it is.
pub async fn draft_of_disable(cx: &RequestContext, requester: &Requester, problem: Option<String>, draft: Option<String>) -> Option<Draft> {
    let mistake = problem.as_deref().and_then(FormMistake::from_code);
    if mistake.is_none() && draft.is_none() {
        return None;
    }
    let typed: DisableDraft = kept_draft(cx, &requester.user_id, draft).await;
    Some(Draft { mistake, typed_name: typed.typed_name, reason: typed.reason, wait_minutes: typed.wait_minutes })
}
