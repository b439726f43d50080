//! The forms of `/settings`: the user's own account, and user management for administrators.

use super::{
    ask_identity, back_to, fail_hash, is_identity_fresh, kept_draft,
    sign_in::{PasswordForm, SignInDraft, begin_session},
};
use crate::{
    error::AppError,
    model::{
        access::{credentials::UserName, identity::Role, scope::Scope},
        forms::{FormDone, FormMistake, Outcome},
    },
    server::{
        services::accounts::{
            AccountError, NewUser, new_session::SignIn, password_links::NewLink, sign_in::SignInError,
        },
        web::{
            context::{RequestContext, Requester},
            shown_link,
        },
    },
    view::pages::UserTyped,
};

/// Runs the action of an administrator's form if the user has authenticated recently, and redirects to `page`. After a
/// mistake, the page shows what was typed.
///
/// # Errors
/// Returns the refusal. A plain form is redirected as well, if there is a page to redirect to.
pub async fn answer_account(
    cx: &RequestContext,
    requester: &Requester,
    page: &str,
    typed: Option<UserTyped>,
    done: FormDone,
    act: impl Future<Output = Result<Outcome, AccountError>>,
) -> Result<(), AppError> {
    done_by_administrator(cx, requester, page, typed, act).await?;
    cx.see_other(&format!("{page}?done={done}"));
    Ok(())
}

/// Like [`answer_account`], for an action that makes a one-time link. Redirects to the page of the link's user, which
/// shows the link once.
///
/// # Errors
/// As [`answer_account`].
pub async fn answer_link(
    cx: &RequestContext,
    requester: &Requester,
    page: &str,
    typed: Option<UserTyped>,
    done: FormDone,
    act: impl Future<Output = Result<Outcome<NewLink>, AccountError>>,
) -> Result<(), AppError> {
    let link = done_by_administrator(cx, requester, page, typed, act).await?;
    shown_link::keep(cx, &link.token);
    // We generated this id, so it is safe in a path.
    cx.see_other(&format!("/settings/users/{}?done={done}", link.user_id));
    Ok(())
}

async fn done_by_administrator<T>(
    cx: &RequestContext,
    requester: &Requester,
    page: &str,
    typed: Option<UserTyped>,
    act: impl Future<Output = Result<Outcome<T>, AccountError>>,
) -> Result<T, AppError> {
    requester.require_certain().map_err(|error| cx.fail_store(&error))?;
    if !is_identity_fresh(cx, requester) {
        return Err(ask_identity(cx, requester, page, &typed).await);
    }
    match act.await {
        Ok(Outcome::Done(done)) => Ok(done),
        Ok(Outcome::Mistake(mistake)) => Err(back_to(cx, &requester.user_id, page, mistake, &typed).await),
        Err(error) => Err(fail_account(cx, &error)),
    }
}

/// Returns the error for an action on an account that failed.
pub fn fail_account(cx: &RequestContext, error: &AccountError) -> AppError {
    match error {
        AccountError::NotFound => cx.fail(AppError::NotFound),
        AccountError::LinkOver => cx.fail(AppError::LinkOver),
        AccountError::Store(error) => cx.fail_store(error),
        AccountError::Hash(error) => fail_hash(cx, error),
    }
}

/// Answers the form for changing one's own password.
///
/// # Errors
/// Returns the refusal. A plain form is redirected back to its page.
pub async fn answer_own_password(
    cx: &RequestContext,
    requester: &Requester,
    changed: Result<Outcome<SignIn>, SignInError>,
) -> Result<(), AppError> {
    let form = PasswordForm { user_id: &requester.user_id, page: "/settings", draft: SignInDraft::default() };
    let sign_in = form.answer(cx, changed).await?;
    begin_session(cx, sign_in, &format!("/settings?done={}", FormDone::PasswordChanged)).await
}

/// Returns the saved draft of a form about a user.
pub async fn draft_of_user(cx: &RequestContext, requester: &Requester, draft: Option<String>) -> Option<UserTyped> {
    kept_draft(cx, &requester.user_id, draft).await
}

/// Adds a user from an administrator's form, with the link to set a password.
///
/// # Errors
/// See [`AccountError`]. Nothing is saved after an error or a mistake.
pub async fn add_as_typed(
    cx: &RequestContext,
    requester: &Requester,
    typed: UserTyped,
) -> Result<Outcome<NewLink>, AccountError> {
    match new_user(&typed) {
        Ok(new) => cx.accounts(requester).add_with_link(new).await,
        Err(mistake) => Ok(mistake.into()),
    }
}

fn new_user(typed: &UserTyped) -> Result<NewUser, FormMistake> {
    let name = UserName::parse(&typed.name)?;
    let (role, scope) = rights_as_typed(typed)?;
    Ok(NewUser { name, role, scope, is_break_glass: typed.is_break_glass })
}

/// Sets a user's role and scope from an administrator's form.
///
/// # Errors
/// See [`AccountError`]. Nothing is saved after an error or a mistake.
pub async fn set_rights_as_typed(
    cx: &RequestContext,
    requester: &Requester,
    user_id: &str,
    typed: UserTyped,
) -> Result<Outcome, AccountError> {
    match rights_as_typed(&typed) {
        Ok((role, scope)) => cx.accounts(requester).set_rights(user_id, role, scope).await,
        Err(mistake) => Ok(mistake.into()),
    }
}

fn rights_as_typed(typed: &UserTyped) -> Result<(Role, Scope), FormMistake> {
    let role: Role = typed.role.parse().map_err(|_| FormMistake::RoleMissing)?;
    Ok((role, Scope::parse(&typed.scope)?))
}

/// Returns the path of an existing user's page.
///
/// # Errors
/// Returns `AppError::NotFound` if the user does not exist, and `AppError::Unavailable` if the database cannot be read.
pub async fn page_of(cx: &RequestContext, user_id: &str) -> Result<String, AppError> {
    let user_id = cx.id(user_id.to_owned())?;
    match cx.state.users.find(&user_id).await {
        // We generated this id, so it is safe in a path.
        Ok(Some(user)) => Ok(format!("/settings/users/{}", user.id)),
        Ok(None) => Err(cx.fail(AppError::NotFound)),
        Err(error) => Err(cx.fail_store(&error)),
    }
}
