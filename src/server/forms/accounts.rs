//! The forms of `/settings`: one's own account, and users for administrators.

use super::{
    ask_identity, back_to, is_identity_fresh, kept_draft,
    sign_in::{SignInDraft, not_signed_in},
};
use crate::{
    error::AppError,
    model::pages::UserTyped,
    server::{
        auth::{accounts::AccountError, sign_in::SignInError},
        context::{RequestContext, Requester},
    },
};

/// Does what an administrator's form asks, if the person has shown a password lately, and leads back to `page`; after a
/// mistake with what was typed.
///
/// # Errors
/// The refusal; a plain form is sent on in any case that has a page to go to.
pub async fn answer_account(
    cx: &RequestContext,
    requester: &Requester,
    page: &str,
    typed: Option<UserTyped>,
    act: impl Future<Output = Result<(), AccountError>>,
) -> Result<(), AppError> {
    requester.require_certain().map_err(|error| cx.fail_store(&error))?;
    if !is_identity_fresh(cx, requester) {
        return Err(ask_identity(cx, requester, page, &typed).await);
    }
    match act.await {
        Ok(()) => {
            cx.see_other(page);
            Ok(())
        }
        Err(AccountError::Mistake(mistake)) => Err(back_to(cx, &requester.user_id, page, mistake, &typed).await),
        Err(AccountError::NotFound) => Err(cx.fail(AppError::NotFound)),
        Err(AccountError::Store(error)) => Err(cx.fail_store(&error)),
        Err(AccountError::Hash(error)) => Err(cx.fail_internal(&error)),
    }
}

/// The answer to the form of one's own password.
///
/// # Errors
/// The refusal; a plain form goes back to its page.
pub async fn answer_own_account(cx: &RequestContext, done: Result<(), SignInError>) -> Result<(), AppError> {
    match done {
        Ok(()) => {
            cx.see_other("/settings");
            Ok(())
        }
        Err(error) => Err(not_signed_in(cx, error, "/settings", &SignInDraft::default()).await),
    }
}

/// What a form about a user shows again.
pub async fn draft_of_user(cx: &RequestContext, requester: &Requester, draft: Option<String>) -> Option<UserTyped> {
    kept_draft(cx, &requester.user_id, draft).await
}
