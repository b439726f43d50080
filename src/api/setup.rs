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
        services::accounts::setup,
        web::{context, forms},
    };
    let cx = context::current()?;
    let accounts = cx.state.users.managed_by(cx.stranger());
    let passwords = &cx.state.sign_ins.passwords;
    let created =
        setup::create_administrator(&cx.state.setup, passwords, accounts, &token, &user_name, password.into()).await;
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
