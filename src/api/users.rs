//! Server functions for administrators to manage users.

use leptos::{prelude::*, server_fn::codec::Json};

use crate::error::AppError;

/// Adds a user, who sets a password with a one-time link.
#[server(endpoint = "add-user", output = Json)]
pub async fn add_user(
    #[server(default)] user_name: String,
    #[server(default)] role: String,
    #[server(default)] scope: String,
    #[server(default)] for_emergencies: Option<String>,
) -> Result<(), AppError> {
    use crate::{
        model::{access::identity::Permission, forms::FormDone},
        server::web::{context, forms},
        view::pages::UserTyped,
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Administer).map_err(|error| cx.fail(error))?;
    let typed = UserTyped { name: user_name, role, scope, is_break_glass: for_emergencies.is_some() };
    let adding = forms::add_as_typed(&cx, &requester, typed.clone());
    forms::answer_link(&cx, &requester, "/settings/users", Some(typed), FormDone::UserAdded, adding).await
}

/// Sets a user's role and scope.
#[server(endpoint = "set-user-rights", output = Json)]
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

/// Makes the one-time link with which a user sets another password.
#[server(endpoint = "make-password-link", output = Json)]
pub async fn make_password_link(#[server(default)] id: String) -> Result<(), AppError> {
    use crate::{
        model::{access::identity::Permission, forms::FormDone},
        server::web::{context, forms},
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Administer).map_err(|error| cx.fail(error))?;
    let page = forms::page_of(&cx, &id).await?;
    let accounts = cx.accounts(&requester);
    forms::answer_link(&cx, &requester, &page, None, FormDone::LinkMade, accounts.make_link(&id)).await
}

/// Revokes a user's one-time link.
#[server(endpoint = "revoke-password-link", output = Json)]
pub async fn revoke_password_link(#[server(default)] id: String) -> Result<(), AppError> {
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
    let revoking = async { accounts.revoke_link(&id).await.map(Outcome::Done) };
    forms::answer_account(&cx, &requester, &page, None, FormDone::LinkRevoked, revoking).await
}

/// Disables a user and ends the user's sessions.
#[server(endpoint = "disable-user", output = Json)]
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
#[server(endpoint = "enable-user", output = Json)]
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

/// Ends the delays that failed attempts to sign in as a user brought.
#[server(endpoint = "unlock-user", output = Json)]
pub async fn unlock_user(#[server(default)] id: String) -> Result<(), AppError> {
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
    let unlocking = async { accounts.unlock(&id).await.map(Outcome::Done) };
    forms::answer_account(&cx, &requester, &page, None, FormDone::UserUnlocked, unlocking).await
}
