//! Answers to forms. A plain form gets a redirect (303): on to where its result is, or back to its page with the mistake
//! named and what was typed kept. A browser with wasm gets the result or the error itself.

use serde::{Deserialize, Serialize};

use super::{
    auth::sign_in::SignInError,
    change::RequestError,
    context::{RequestContext, Requester},
    random,
};
use crate::{
    error::AppError,
    model::{
        command_line,
        pages::{DisableForm, Draft, Requested},
        stream::StreamKey,
        validation::{FormMistake, safe_next},
    },
};

/// What was typed into the sign-in or setup form; never the password.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct SignInDraft {
    pub user_name: String,
    pub next: String,
}

/// What was typed into a confirmation.
#[derive(Debug, Default, Serialize, Deserialize)]
struct DisableDraft {
    typed_name: String,
    reason: String,
    #[serde(default)]
    wait_minutes: String,
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
        Err(RequestError::Mistake(mistake)) if cx.wants_html() => {
            let draft =
                DisableDraft { typed_name: form.typed_name.clone(), reason: form.reason.clone(), wait_minutes: form.wait_minutes.clone() };
            let draft_id = keep_draft(cx, &requester.user_id, &draft).await?;
            if let Ok(key) = StreamKey::parse(&form.account, &form.region, &form.name) {
                cx.see_other(&format!("{}?problem={mistake}&draft={draft_id}", key.disable_path()));
            }
            Err(AppError::Mistake(mistake))
        }
        Err(RequestError::Store(error)) => {
            tracing::error!(%error, "a change could not be recorded and was not sent: {error}");
            Err(cx.fail(journal_down(cx, form)))
        }
        Err(error) => Err(refused(cx, error)),
    }
}

/// How a person can send the call when the journal cannot be written, from the last known values of this stream.
fn journal_down(cx: &RequestContext, form: &DisableForm) -> AppError {
    let key = StreamKey::parse(&form.account, &form.region, &form.name).ok();
    let report = key.and_then(|key| cx.state.inventory.stream(&key)).and_then(|(_, report)| report);
    match report.as_ref().and_then(|report| Some((report, report.key()?))) {
        Some((report, key_id)) => AppError::JournalDown {
            command: command_line::stop_stream_encryption(&report.arn, key_id),
            known: format!("{} ({})", report.read_at.age(cx.state.clock.now()), report.read_at.date_and_clock()),
        },
        None => AppError::Unavailable,
    }
}

/// The answer to a sign-in.
///
/// # Errors
/// The refusal, for browsers with wasm.
pub async fn answer_sign_in(cx: &RequestContext, signed_in: Result<(), SignInError>, user_name: &str, next: &str) -> Result<(), AppError> {
    let next = safe_next(next);
    match signed_in {
        Ok(()) => {
            cx.see_other(&next);
            Ok(())
        }
        Err(SignInError::Mistake(mistake)) if cx.wants_html() => {
            let draft = SignInDraft { user_name: user_name.chars().take(64).collect(), next };
            let draft_id = keep_draft(cx, "", &draft).await?;
            cx.see_other(&format!("/sign-in?problem={mistake}&draft={draft_id}"));
            Err(AppError::Mistake(mistake))
        }
        Err(error) => Err(not_signed_in(cx, error)),
    }
}

/// The answer to the setup form.
///
/// # Errors
/// The refusal, for browsers with wasm.
pub async fn answer_setup(cx: &RequestContext, created: Result<(), SignInError>, token: &str, user_name: &str) -> Result<(), AppError> {
    match created {
        Ok(()) => {
            cx.see_other("/sign-in");
            Ok(())
        }
        Err(SignInError::Mistake(mistake)) if cx.wants_html() => {
            let draft = SignInDraft { user_name: user_name.chars().take(64).collect(), next: String::new() };
            let draft_id = keep_draft(cx, "", &draft).await?;
            // The link admitted this token, so it is one of ours and safe in a path.
            cx.see_other(&format!("/setup/{token}?problem={mistake}&draft={draft_id}"));
            Err(AppError::Mistake(mistake))
        }
        Err(error) => Err(not_signed_in(cx, error)),
    }
}

fn not_signed_in(cx: &RequestContext, error: SignInError) -> AppError {
    match error {
        SignInError::Mistake(mistake) => cx.fail(AppError::Mistake(mistake)),
        SignInError::NotFound => cx.fail(AppError::NotFound),
        SignInError::Store(error) => cx.fail_store(&error),
        SignInError::Session(error) => cx.fail_internal(&error),
        SignInError::Hash(error) => cx.fail_internal(&error),
        SignInError::Context(error) => cx.fail(error),
    }
}

/// What a confirmation shows again after a mistake.
pub async fn draft_of_disable(cx: &RequestContext, requester: &Requester, problem: Option<String>, draft: Option<String>) -> Option<Draft> {
    let mistake = problem.as_deref().and_then(FormMistake::from_code)?;
    let typed: DisableDraft = kept_draft(cx, &requester.user_id, draft).await;
    Some(Draft { mistake: Some(mistake), typed_name: typed.typed_name, reason: typed.reason, wait_minutes: typed.wait_minutes })
}

/// What the sign-in or setup form shows again after a mistake.
pub async fn draft_of_sign_in(cx: &RequestContext, draft: Option<String>) -> SignInDraft {
    kept_draft(cx, "", draft).await
}

async fn keep_draft(cx: &RequestContext, user_id: &str, draft: &impl Serialize) -> Result<String, AppError> {
    let id = random::text(26);
    let body = serde_json::to_string(draft).map_err(|error| cx.fail_internal(&error))?;
    cx.state.store.keep_draft(&id, user_id, &body, cx.state.clock.now()).await.map_err(|error| cx.fail_store(&error))?;
    Ok(id)
}

/// A draft that is gone, too old, somebody else's or unreadable is an empty form: the mistake is still named.
async fn kept_draft<T: Default + for<'de> Deserialize<'de>>(cx: &RequestContext, user_id: &str, id: Option<String>) -> T {
    let Some(id) = id else { return T::default() };
    match cx.state.store.draft(&id, user_id, cx.state.clock.now()).await {
        Ok(body) => body.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default(),
        Err(error) => {
            tracing::warn!(%error, "a draft could not be read: {error}");
            T::default()
        }
    }
}
