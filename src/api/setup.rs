//! Server functions behind links: the setup of the first administrator, and one-time links for passwords.

use leptos::{prelude::*, server_fn::codec::Json};

use crate::error::AppError;

/// Creates the first administrator and closes the link.
#[server(endpoint = "setup", output = Json)]
pub async fn create_administrator(
    #[server(default)] token: String,
    #[server(default)] user_name: String,
    #[server(default)] password: String,
) -> Result<(), AppError> {
    use crate::server::{
        services::accounts::setup::{self, FirstAdministrator},
        web::{context, forms},
    };
    let cx = context::current()?;
    let accounts = cx.state.users.managed_by(cx.stranger());
    let sign_ins = &cx.state.sign_ins;
    let is_break_glass = sign_ins.is_for_emergencies_only();
    let form = FirstAdministrator { token: &token, user_name: &user_name, password: password.into(), is_break_glass };
    let created = setup::create_administrator(&cx.state.setup, &sign_ins.passwords, accounts, form).await;
    forms::answer_setup(&cx, created, &token, &user_name).await
}

/// Sets the password of the user whom a one-time link belongs to.
#[server(endpoint = "set-password", output = Json)]
pub async fn set_password(
    #[server(default)] token: String,
    #[server(default)] new_password: String,
) -> Result<(), AppError> {
    use crate::server::{
        services::accounts::password_links,
        web::{context, forms},
    };
    let cx = context::current()?;
    let accounts = cx.state.users.managed_by(cx.stranger());
    let set = password_links::set_password(&cx.state.sign_ins.passwords, accounts, &token, new_password.into()).await;
    forms::answer_new_password(&cx, set, &token).await
}
