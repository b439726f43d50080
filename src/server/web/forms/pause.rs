//! The form that pauses a target.

use super::{ask_identity, is_identity_fresh, kept_draft};
use crate::{
    error::AppError,
    model::{
        forms::{FormDone, FormMistake},
        inventory::PauseLength,
    },
    server::web::context::{RequestContext, Requester},
    view::pages::PauseChoice,
};

/// The page with the form.
const PAGE: &str = "/settings";

/// Pauses a target for the time that was chosen, if the user has authenticated recently.
///
/// # Errors
/// Returns the refusal or the mistake. A plain form is redirected as well, if there is a page to redirect to.
pub async fn pause_as_chosen(cx: &RequestContext, requester: &Requester, choice: PauseChoice) -> Result<(), AppError> {
    requester.require_certain().map_err(|error| cx.fail_store(&error))?;
    cx.state.pauses.check(requester, &choice.id).map_err(|error| cx.fail_pause(&error))?;
    let length = match PauseLength::parse(&choice.minutes) {
        Ok(length) => length,
        Err(mistake) => return Err(mistaken(cx, mistake)),
    };
    if !is_identity_fresh(cx, requester) {
        return Err(ask_identity(cx, requester, PAGE, &choice).await);
    }
    let paused = cx.state.pauses.pause(requester, &choice.id, length).await;
    paused.map_err(|error| cx.fail_pause(&error))?;
    cx.see_other(&format!("{PAGE}?done={}", FormDone::TargetPaused));
    Ok(())
}

fn mistaken(cx: &RequestContext, mistake: FormMistake) -> AppError {
    let error = AppError::Mistake { mistake, parts: String::new() };
    if cx.wants_html() {
        cx.see_other(&format!("{PAGE}?problem={mistake}"));
        error
    } else {
        cx.fail(error)
    }
}

/// Returns what was chosen before the password was asked for.
pub async fn draft_of_pause(cx: &RequestContext, requester: &Requester, draft: Option<String>) -> PauseChoice {
    kept_draft(cx, &requester.user_id, draft).await
}
