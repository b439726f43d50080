//! The form that acknowledges the alarm about the audit chain.

use super::{ask_identity, back_to, is_identity_fresh, kept_draft};
use crate::{
    error::AppError,
    model::forms::{FormDone, FormMistake, Outcome},
    server::{
        services::audit::checkpoint::AcknowledgeError,
        web::context::{RequestContext, Requester},
    },
    view::pages::AlarmTyped,
};

/// The page with the form.
const PAGE: &str = "/settings";

/// Acknowledges the alarm that the form showed, if the administrator has authenticated recently.
///
/// # Errors
/// Returns the refusal or the mistake. A plain form is redirected as well, if there is a page to redirect to.
pub async fn acknowledge_as_typed(
    cx: &RequestContext,
    requester: &Requester,
    typed: AlarmTyped,
) -> Result<(), AppError> {
    requester.require_certain().map_err(|error| cx.fail_store(&error))?;
    if !is_identity_fresh(cx, requester) {
        return Err(ask_identity(cx, requester, PAGE, &typed).await);
    }
    let acknowledged = match typed.number.parse() {
        Ok(number) => cx.state.chain_watch.acknowledge(requester, number, &typed.reason).await,
        Err(_) => Ok(FormMistake::AlarmOther.into()),
    };
    match acknowledged {
        Ok(Outcome::Done(())) => {
            cx.see_other(&format!("{PAGE}?done={}", FormDone::AlarmAcknowledged));
            Ok(())
        }
        Ok(Outcome::Mistake(mistake)) => Err(back_to(cx, &requester.user_id, PAGE, mistake, &typed).await),
        Err(AcknowledgeError::Store(error)) => Err(cx.fail_store(&error)),
        Err(error) => Err(cx.fail_internal(&error)),
    }
}

/// Returns what was typed before the password was asked for, or with a mistake.
pub async fn draft_of_alarm(cx: &RequestContext, requester: &Requester, draft: Option<String>) -> AlarmTyped {
    kept_draft(cx, &requester.user_id, draft).await
}
