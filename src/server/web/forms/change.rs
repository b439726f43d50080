//! The confirmation form of a disable or an enable.

use super::{ask_identity, back_to, is_identity_fresh, kept_draft};
use crate::{
    error::AppError,
    model::{
        access::identity::Permission,
        change::{Action, ChangeForm},
        forms::{ConfirmationRequest, FormMistake, Outcome},
        stream::{StreamId, encryption::KeyId},
    },
    server::{
        services::changes::{KeyChoice, RequestError},
        web::context::{self, RequestContext, Requester},
    },
    view::{
        command_line,
        pages::{Confirmation, Draft, Requested},
    },
};

/// Requires re-authentication before a change if the last one was too long ago.
///
/// # Errors
/// Returns `AppError::ConfirmIdentity` with the re-authentication page. Nothing is sent, and the draft is kept.
async fn ask_before_change(
    cx: &RequestContext,
    requester: &Requester,
    action: Action,
    form: &ChangeForm,
) -> Result<(), AppError> {
    // Without the database nothing can be changed anyway, and the response shows the AWS call.
    if requester.is_remembered || is_identity_fresh(cx, requester) {
        return Ok(());
    }
    let key = StreamId::parse(&form.account, &form.region, &form.name).map_err(|_| cx.fail(AppError::NotFound))?;
    Err(ask_identity(cx, requester, &key.confirm_path(action), &Draft::from(form)).await)
}

/// Maps a refused change request to its error.
pub fn refused(cx: &RequestContext, error: RequestError) -> AppError {
    match error {
        RequestError::NotFound => cx.fail(AppError::NotFound),
        RequestError::ReadOnly => cx.fail(AppError::NotPermitted),
        RequestError::OtherValues => cx.fail(AppError::OtherValues),
        RequestError::Store(error) => cx.fail_store(&error),
        RequestError::Task(error) => cx.fail_internal(&error),
    }
}

/// Returns what a confirmation page shows.
///
/// # Errors
/// Returns an error if the user lacks the permission, the stream does not exist, or the database cannot be read.
pub async fn plan(action: Action, asked: ConfirmationRequest) -> Result<Confirmation, AppError> {
    let cx = context::current()?;
    let requester = cx.require(Permission::Change).map_err(|error| cx.fail(error))?;
    let stream = cx.stream_in_scope(&requester, &asked.account, &asked.region, &asked.name)?;
    let draft = draft_of_change(&cx, &requester, asked.problem, asked.draft).await;
    let choice = match action {
        Action::Disable => KeyChoice::default(),
        Action::Enable => KeyChoice {
            typed: asked.key.unwrap_or_default(),
            undo: asked.undo,
            // No real search is longer than the longest alias.
            search: asked.keys.unwrap_or_default().chars().take(300).collect(),
            page: asked.key_page.and_then(|page| page.parse().ok()).unwrap_or(1),
        },
    };
    let typed = draft.as_ref().map_or_else(|| choice.typed.clone(), |draft| draft.key.clone());
    let planned = cx.state.changes.planner.plan(action, &stream, KeyChoice { typed, ..choice }).await;
    let planned = planned.map_err(|error| refused(&cx, error))?;
    Ok(Confirmation { draft, ..Confirmation::from(planned) })
}

/// Submits a confirmed form.
///
/// # Errors
/// Returns the refusal, for browsers with wasm. A plain form is redirected as well, if there is a page to redirect to.
pub async fn request(action: Action, form: ChangeForm) -> Result<Requested, AppError> {
    let cx = context::current()?;
    let requester = cx.require(Permission::Change).map_err(|error| cx.fail(error))?;
    ask_before_change(&cx, &requester, action, &form).await?;
    match cx.state.changes.requests.submit(requester.clone(), action, form.clone()).await {
        Ok(Outcome::Done(submitted)) => {
            let requested = Requested::from(&submitted);
            let (Requested::Change { id } | Requested::Rejected { id, .. }) = &requested;
            cx.see_other(&format!("/changes/{id}"));
            Ok(requested)
        }
        Ok(Outcome::Mistake(mistake)) => {
            let Ok(stream) = StreamId::parse(&form.account, &form.region, &form.name) else {
                return Err(cx.fail(AppError::NotFound));
            };
            let page = stream.confirm_path(action);
            Err(back_to(&cx, &requester.user_id, &page, mistake, &Draft::from(&form)).await)
        }
        Err(RequestError::Store(error)) => {
            tracing::error!(%error, "a change could not be recorded and was not sent: {error}");
            Err(cx.fail(journal_down(&cx, &requester, action, &form)))
        }
        Err(error) => Err(refused(&cx, error)),
    }
}

/// Returns the error for a journal that cannot be written. It carries the AWS call for the user to run, built from the
/// last known values of the stream.
fn journal_down(cx: &RequestContext, requester: &Requester, action: Action, form: &ChangeForm) -> AppError {
    let key = StreamId::parse(&form.account, &form.region, &form.name).ok();
    let key = key.filter(|key| requester.scope.covers(key) && !cx.state.is_read_only);
    let report = key.and_then(|key| cx.state.inventory.stream(&key)).and_then(|(_, report)| report);
    let sent = |report: &crate::model::stream::StreamReport| match action {
        Action::Disable if form.key.trim().is_empty() => report.key().cloned(),
        _ => form.key.parse::<KeyId>().ok(),
    };
    match report.as_ref().and_then(|report| Some((report, sent(report)?))) {
        Some((report, key_id)) => AppError::JournalDown {
            command: command_line::of_change(action, &report.arn, &key_id),
            known: format!("{} ({})", report.read_at.age(cx.state.clock.now()), report.read_at.date_and_clock()),
        },
        None => AppError::Unavailable,
    }
}

/// Returns the saved draft that a confirmation shows after a mistake or a re-authentication.
pub async fn draft_of_change(
    cx: &RequestContext,
    requester: &Requester,
    problem: Option<String>,
    draft: Option<String>,
) -> Option<Draft> {
    let mistake = problem.as_deref().and_then(FormMistake::from_code);
    if mistake.is_none() && draft.is_none() {
        return None;
    }
    Some(Draft { mistake, ..kept_draft(cx, &requester.user_id, draft).await })
}

/// Requires re-authentication before a record is written to a stream.
///
/// # Errors
/// Returns `AppError::ConfirmIdentity` with the re-authentication page. Nothing is written.
pub async fn ask_before_proof(cx: &RequestContext, requester: &Requester, id: &str) -> Result<(), AppError> {
    if requester.is_remembered || is_identity_fresh(cx, requester) {
        return Ok(());
    }
    let is_an_id = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
    let page = if is_an_id { format!("/changes/{id}") } else { "/changes".to_owned() };
    Err(ask_identity(cx, requester, &page, &Draft::default()).await)
}

/// Answers the form that closes a change. A mistake redirects back to its page, which names the mistake and keeps what
/// was typed.
///
/// # Errors
/// See [`answer_on_change`].
pub async fn answer_close(
    cx: &RequestContext,
    requester: &Requester,
    id: &str,
    reason: String,
    closed: Result<Outcome, RequestError>,
) -> Result<(), AppError> {
    match closed {
        // The change was found, so its id is safe in a path.
        Ok(Outcome::Mistake(mistake)) => {
            let draft = Draft { reason, ..Draft::default() };
            Err(back_to(cx, &requester.user_id, &format!("/changes/{id}"), mistake, &draft).await)
        }
        answer => answer_on_change(cx, id, answer).await,
    }
}

/// Answers a form on a change's page by redirecting to that page, with the mistake named if there was one.
///
/// # Errors
/// Returns the mistake or the refusal.
pub async fn answer_on_change(
    cx: &RequestContext,
    id: &str,
    asked: Result<Outcome, RequestError>,
) -> Result<(), AppError> {
    match asked {
        // The change was found, so the id is one we generated and is safe in a path.
        Ok(Outcome::Done(())) => {
            cx.see_other(&format!("/changes/{id}"));
            Ok(())
        }
        Ok(Outcome::Mistake(mistake)) if cx.wants_html() && id.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            cx.see_other(&format!("/changes/{id}?problem={mistake}"));
            Err(AppError::Mistake(mistake))
        }
        Ok(Outcome::Mistake(mistake)) => Err(cx.fail(AppError::Mistake(mistake))),
        Err(error) => Err(refused(cx, error)),
    }
}
