//! Server functions for administrators to manage users.

use leptos::{prelude::*, server_fn::codec::Json};

use super::wire::Answer;
use crate::{
    error::AppError,
    view::pages::{UserPage, UsersPage},
};

/// Loads all users, and the draft of a new one.
#[server(endpoint = "users", input = Json, output = Answer)]
pub async fn load_users(
    problem: Option<String>,
    draft: Option<String>,
    done: Option<String>,
) -> Result<UsersPage, AppError> {
    use crate::{
        model::{
            access::identity::Permission,
            forms::{FormDone, FormMistake},
        },
        server::{
            adapters::store::User,
            web::{context, forms},
        },
        view::pages::UserTyped,
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Administer).map_err(|error| cx.fail(error))?;
    let users = cx.state.users.all().await.map_err(|error| cx.fail_store(&error))?;
    let empty = || UserTyped { scope: "*".to_owned(), ..UserTyped::default() };
    Ok(UsersPage {
        users: users.iter().map(User::card).collect(),
        mistake: problem.as_deref().and_then(FormMistake::from_code),
        done: done.as_deref().and_then(FormDone::from_code),
        typed: forms::draft_of_user(&cx, &requester, draft).await.unwrap_or_else(empty),
    })
}

/// Loads one user.
#[server(endpoint = "user", input = Json, output = Answer)]
pub async fn load_user(
    id: String,
    problem: Option<String>,
    draft: Option<String>,
    done: Option<String>,
) -> Result<UserPage, AppError> {
    use crate::{
        model::{
            access::identity::Permission,
            forms::{FormDone, FormMistake},
        },
        server::web::{context, forms},
        view::pages::UserTyped,
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Administer).map_err(|error| cx.fail(error))?;
    let found = cx.state.users.find(&id).await.map_err(|error| cx.fail_store(&error))?;
    let user = found.ok_or_else(|| cx.fail(AppError::NotFound))?.card();
    let as_is = || UserTyped {
        name: user.name.clone(),
        role: user.role.into_str().to_owned(),
        scope: user.scope.clone(),
        is_break_glass: user.is_break_glass,
    };
    let typed = forms::draft_of_user(&cx, &requester, draft).await.unwrap_or_else(as_is);
    let mistake = problem.as_deref().and_then(FormMistake::from_code);
    Ok(UserPage { mistake, done: done.as_deref().and_then(FormDone::from_code), typed, user })
}

/// Adds a user.
#[server(endpoint = "add-user", output = Answer)]
pub async fn add_user(
    #[server(default)] user_name: String,
    #[server(default)] role: String,
    #[server(default)] scope: String,
    #[server(default)] for_emergencies: Option<String>,
    #[server(default)] password: String,
) -> Result<(), AppError> {
    use crate::{
        model::{access::identity::Permission, forms::FormDone},
        server::web::{context, forms},
        view::pages::UserTyped,
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Administer).map_err(|error| cx.fail(error))?;
    let typed = UserTyped { name: user_name, role, scope, is_break_glass: for_emergencies.is_some() };
    let adding = forms::add_as_typed(&cx, &requester, typed.clone(), password.into());
    forms::answer_account(&cx, &requester, "/settings/users", Some(typed), FormDone::UserAdded, adding).await
}

/// Sets a user's role and scope.
#[server(endpoint = "set-user-rights", output = Answer)]
pub async fn set_user_rights(
    #[server(default)] id: String,
    #[server(default)] role: String,
    #[server(default)] scope: String,
) -> Result<(), AppError> {
    use crate::{
        model::{access::identity::Permission, forms::FormDone},
        server::web::{context, forms},
        view::pages::UserTyped,
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Administer).map_err(|error| cx.fail(error))?;
    let page = forms::page_of(&cx, &id).await?;
    let typed = UserTyped { role, scope, ..UserTyped::default() };
    let setting = forms::set_rights_as_typed(&cx, &requester, &id, typed.clone());
    forms::answer_account(&cx, &requester, &page, Some(typed), FormDone::RightsSaved, setting).await
}

/// Sets a user's password and ends the user's sessions.
#[server(endpoint = "set-user-password", output = Answer)]
pub async fn set_user_password(
    #[server(default)] id: String,
    #[server(default)] password: String,
) -> Result<(), AppError> {
    use crate::{
        model::{access::identity::Permission, forms::FormDone},
        server::web::{context, forms},
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Administer).map_err(|error| cx.fail(error))?;
    let page = forms::page_of(&cx, &id).await?;
    let setting = forms::set_password_as_typed(&cx, &requester, &id, password.into());
    forms::answer_account(&cx, &requester, &page, None, FormDone::PasswordSet, setting).await
}

/// Disables a user and ends the user's sessions.
#[server(endpoint = "disable-user", output = Answer)]
pub async fn disable_user(#[server(default)] id: String) -> Result<(), AppError> {
    use crate::{
        model::{access::identity::Permission, forms::FormDone},
        server::web::{context, forms},
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Administer).map_err(|error| cx.fail(error))?;
    let page = forms::page_of(&cx, &id).await?;
    let accounts = cx.accounts(&requester);
    forms::answer_account(&cx, &requester, &page, None, FormDone::UserDisabled, accounts.disable(&id)).await
}

/// Enables a disabled user to sign in again.
#[server(endpoint = "enable-user", output = Answer)]
pub async fn enable_user(#[server(default)] id: String) -> Result<(), AppError> {
    use crate::{
        model::{
            access::identity::Permission,
            forms::{FormDone, Outcome},
        },
        server::web::{context, forms},
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Administer).map_err(|error| cx.fail(error))?;
    let page = forms::page_of(&cx, &id).await?;
    let accounts = cx.accounts(&requester);
    let enabling = async { accounts.enable(&id).await.map(Outcome::Done) };
    forms::answer_account(&cx, &requester, &page, None, FormDone::UserEnabled, enabling).await
}
