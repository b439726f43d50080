//! Responses to forms. A plain form gets a redirect (303): on to its result, or back to its page with the mistake named
//! and the input kept. A browser with wasm gets the result or the error itself.

mod accounts;
mod chain_alarm;
mod change;
mod pause;
mod sign_in;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;

pub use self::{
    accounts::{
        add_as_typed, answer_account, answer_link, answer_own_password, draft_of_user, fail_account, page_of,
        set_rights_as_typed,
    },
    chain_alarm::{acknowledge_as_typed, draft_of_alarm},
    change::{
        answer_close, answer_on_change, ask_before_proof, choose_key, draft_of_change, keep_after_session, refused,
        request,
    },
    pause::{draft_of_pause, pause_as_chosen},
    sign_in::{answer_confirmed_identity, answer_new_password, answer_setup, answer_sign_in, draft_of_sign_in},
};
use super::context::{self, RequestContext, Requester};
use crate::{
    error::AppError,
    model::forms::{FormMistake, Typed},
    server::services::{accounts::passwords::HashError, drafts::DraftError},
};

/// Redirects a plain form with a mistake back to its page, which fills in the saved draft. `user_id` is empty for
/// unauthenticated forms; `page` must have no query.
async fn back_to(cx: &RequestContext, user_id: &str, page: &str, mistake: FormMistake, draft: &impl Typed) -> AppError {
    if cx.wants_html() {
        match keep_draft(cx, user_id, draft).await {
            Ok(id) => cx.see_other(&format!("{page}?problem={mistake}&draft={id}")),
            Err(error) => return error,
        }
        return AppError::Mistake { mistake, parts: String::new() };
    }
    cx.fail(AppError::Mistake { mistake, parts: String::new() })
}

/// Returns whether the user authenticated recently enough for what the form does. The demo has no passwords.
pub fn is_identity_fresh(cx: &RequestContext, requester: &Requester) -> bool {
    cx.state.is_demo || requester.has_fresh_identity(cx.state.clock.now())
}

/// Redirects to the re-authentication page, and from there back to `page` with the saved draft.
async fn ask_identity(cx: &RequestContext, requester: &Requester, page: &str, draft: &impl Typed) -> AppError {
    let id = match keep_draft(cx, &requester.user_id, draft).await {
        Ok(id) => id,
        Err(error) => return error,
    };
    let address = identity_page(&format!("{page}?draft={id}"));
    cx.see_other(&address);
    let error = AppError::ConfirmIdentity { address };
    if cx.wants_html() { error } else { cx.fail(error) }
}

/// Returns the path of the re-authentication page that leads on to `next`.
pub fn identity_page(next: &str) -> String {
    format!("/confirm-identity?next={}", utf8_percent_encode(next, NON_ALPHANUMERIC))
}

/// Returns the error for a password that wasn't hashed or checked.
fn fail_hash(cx: &RequestContext, error: &HashError) -> AppError {
    match error {
        HashError::Busy => cx.fail(AppError::Overloaded),
        HashError::Failed(_) => cx.fail_internal(error),
    }
}

async fn keep_draft(cx: &RequestContext, user_id: &str, draft: &impl Typed) -> Result<String, AppError> {
    cx.state.drafts.keep(user_id, draft).await.map_err(|error| match error {
        DraftError::Json(error) => cx.fail_internal(&error),
        DraftError::Store(error) => cx.fail_store(&error),
    })
}

/// Returns the saved draft, or an empty form if it no longer exists.
async fn kept_draft<T: Default + DeserializeOwned>(cx: &RequestContext, user_id: &str, id: Option<String>) -> T {
    match id.filter(|id| context::is_id(id)) {
        Some(id) => cx.state.drafts.find(user_id, &id).await,
        None => T::default(),
    }
}
