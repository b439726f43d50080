//! The forms of `/settings`: one's own account, and users for administrators.

use super::{
    ask_identity, back_to, is_identity_fresh, kept_draft,
    sign_in::{SignInDraft, not_signed_in},
};
use secrecy::SecretString;

use crate::{
    error::AppError,
    model::{
        access::{credentials::UserName, identity::Role, scope::Scope},
        forms::{FormDone, FormMistake},
    },
    server::{
        services::accounts::{AccountError, NewUser, check_new_password, sessions::SignIn, sign_in::SignInError},
        web::context::{RequestContext, Requester},
    },
    view::pages::UserTyped,
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
    done: FormDone,
    act: impl Future<Output = Result<(), AccountError>>,
) -> Result<(), AppError> {
    requester.require_certain().map_err(|error| cx.fail_store(&error.into()))?;
    if !is_identity_fresh(cx, requester) {
        return Err(ask_identity(cx, requester, page, &typed).await);
    }
    match act.await {
        Ok(()) => {
            cx.see_other(&format!("{page}?done={done}"));
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
pub async fn answer_own_password(
    cx: &RequestContext,
    requester: &Requester,
    changed: Result<SignIn, SignInError>,
) -> Result<(), AppError> {
    match changed {
        Ok(sign_in) => {
            cx.begin_session(&sign_in).await?;
            cx.see_other(&format!("/settings?done={}", FormDone::PasswordChanged));
            Ok(())
        }
        Err(error) => Err(not_signed_in(cx, error, &requester.user_id, "/settings", SignInDraft::default()).await),
    }
}

/// What a form about a user shows again.
pub async fn draft_of_user(cx: &RequestContext, requester: &Requester, draft: Option<String>) -> Option<UserTyped> {
    kept_draft(cx, &requester.user_id, draft).await
}

/// Adds a user as an administrator typed it.
///
/// # Errors
/// See [`AccountError`]; nothing was saved.
pub async fn add_as_typed(
    cx: &RequestContext,
    requester: &Requester,
    typed: UserTyped,
    password: SecretString,
) -> Result<(), AccountError> {
    let name = UserName::parse(&typed.name).map_err(AccountError::Mistake)?;
    let (role, scope) = rights_as_typed(&typed)?;
    check_new_password(&password, &name)?;
    let hash = cx.state.sign_ins.passwords.hash(password).await?;
    cx.accounts(requester).add(NewUser { name, role, scope, is_break_glass: typed.is_break_glass }, hash).await
}

/// Sets role and scope as an administrator typed them.
///
/// # Errors
/// See [`AccountError`]; nothing was saved.
pub async fn set_rights_as_typed(
    cx: &RequestContext,
    requester: &Requester,
    user_id: &str,
    typed: UserTyped,
) -> Result<(), AccountError> {
    let (role, scope) = rights_as_typed(&typed)?;
    cx.accounts(requester).set_rights(user_id, role, scope).await
}

/// Sets a password as an administrator typed it.
///
/// # Errors
/// See [`AccountError`]; nothing was saved.
pub async fn set_password_as_typed(
    cx: &RequestContext,
    requester: &Requester,
    user_id: &str,
    password: SecretString,
) -> Result<(), AccountError> {
    let user = cx.state.store.user(user_id).await?.ok_or(AccountError::NotFound)?;
    check_new_password(&password, &UserName::parse(&user.name).map_err(AccountError::Mistake)?)?;
    let hash = cx.state.sign_ins.passwords.hash(password).await?;
    cx.accounts(requester).set_password(user_id, &hash).await
}

fn rights_as_typed(typed: &UserTyped) -> Result<(Role, Scope), AccountError> {
    let role: Role = typed.role.parse().map_err(|_| AccountError::Mistake(FormMistake::RoleMissing))?;
    Ok((role, Scope::parse(&typed.scope).map_err(AccountError::Mistake)?))
}

/// The page of a user who is there.
///
/// # Errors
/// When there is no such user or the database cannot be read.
pub async fn page_of(cx: &RequestContext, user_id: &str) -> Result<String, AppError> {
    match cx.state.store.user(user_id).await {
        // One of ours, so safe in a path.
        Ok(Some(user)) => Ok(format!("/settings/users/{}", user.id)),
        Ok(None) => Err(cx.fail(AppError::NotFound)),
        Err(error) => Err(cx.fail_store(&error)),
    }
}
