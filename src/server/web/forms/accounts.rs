//! The forms of `/settings`: one's own account, and users for administrators.

use super::{
    ask_identity, back_to, is_identity_fresh, kept_draft,
    sign_in::{PasswordForm, SignInDraft, begin_session},
};
use secrecy::SecretString;

use crate::{
    error::AppError,
    model::{
        access::{credentials::UserName, identity::Role, scope::Scope},
        forms::{FormDone, FormMistake, Outcome},
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
    act: impl Future<Output = Result<Outcome, AccountError>>,
) -> Result<(), AppError> {
    requester.require_certain().map_err(|error| cx.fail_store(&error))?;
    if !is_identity_fresh(cx, requester) {
        return Err(ask_identity(cx, requester, page, &typed).await);
    }
    match act.await {
        Ok(Outcome::Done(())) => {
            cx.see_other(&format!("{page}?done={done}"));
            Ok(())
        }
        Ok(Outcome::Mistake(mistake)) => Err(back_to(cx, &requester.user_id, page, mistake, &typed).await),
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
    changed: Result<Outcome<SignIn>, SignInError>,
) -> Result<(), AppError> {
    let form = PasswordForm { user_id: &requester.user_id, page: "/settings", draft: SignInDraft::default() };
    let sign_in = form.answer(cx, changed).await?;
    begin_session(cx, sign_in, &format!("/settings?done={}", FormDone::PasswordChanged)).await
}

/// What a form about a user shows again.
pub async fn draft_of_user(cx: &RequestContext, requester: &Requester, draft: Option<String>) -> Option<UserTyped> {
    kept_draft(cx, &requester.user_id, draft).await
}

/// Adds a user as an administrator typed it.
///
/// # Errors
/// See [`AccountError`]; nothing was saved, as after a mistake.
pub async fn add_as_typed(
    cx: &RequestContext,
    requester: &Requester,
    typed: UserTyped,
    password: SecretString,
) -> Result<Outcome, AccountError> {
    let new = match new_user(&typed, &password) {
        Ok(new) => new,
        Err(mistake) => return Ok(mistake.into()),
    };
    let hash = cx.state.sign_ins.passwords.hash(password).await?;
    cx.accounts(requester).add(new, hash).await
}

fn new_user(typed: &UserTyped, password: &SecretString) -> Result<NewUser, FormMistake> {
    let name = UserName::parse(&typed.name)?;
    let (role, scope) = rights_as_typed(typed)?;
    check_new_password(password, &name)?;
    Ok(NewUser { name, role, scope, is_break_glass: typed.is_break_glass })
}

/// Sets role and scope as an administrator typed them.
///
/// # Errors
/// See [`AccountError`]; nothing was saved, as after a mistake.
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

/// Sets a password as an administrator typed it.
///
/// # Errors
/// See [`AccountError`]; nothing was saved, as after a mistake.
pub async fn set_password_as_typed(
    cx: &RequestContext,
    requester: &Requester,
    user_id: &str,
    password: SecretString,
) -> Result<Outcome, AccountError> {
    let user = cx.state.users.find(user_id).await?.ok_or(AccountError::NotFound)?;
    if let Err(mistake) = UserName::parse(&user.name).and_then(|name| check_new_password(&password, &name)) {
        return Ok(mistake.into());
    }
    let hash = cx.state.sign_ins.passwords.hash(password).await?;
    cx.accounts(requester).set_password(user_id, &hash).await.map(Outcome::Done)
}

fn rights_as_typed(typed: &UserTyped) -> Result<(Role, Scope), FormMistake> {
    let role: Role = typed.role.parse().map_err(|_| FormMistake::RoleMissing)?;
    Ok((role, Scope::parse(&typed.scope)?))
}

/// The page of a user who is there.
///
/// # Errors
/// When there is no such user or the database cannot be read.
pub async fn page_of(cx: &RequestContext, user_id: &str) -> Result<String, AppError> {
    match cx.state.users.find(user_id).await {
        // One of ours, so safe in a path.
        Ok(Some(user)) => Ok(format!("/settings/users/{}", user.id)),
        Ok(None) => Err(cx.fail(AppError::NotFound)),
        Err(error) => Err(cx.fail_store(&error)),
    }
}
