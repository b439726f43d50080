//! The forms of `/settings`: the user's own account, and user management for administrators.

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

/// Adds a user from an administrator's form.
///
/// # Errors
/// See [`AccountError`]. Nothing is saved after an error or a mistake.
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

/// Sets a user's password from an administrator's form.
///
/// # Errors
/// See [`AccountError`]. Nothing is saved after an error or a mistake.
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
