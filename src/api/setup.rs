//! Server functions for setting up the first administrator.

use leptos::{prelude::*, server_fn::codec::Json};

use super::wire::Answer;
use crate::{error::AppError, view::pages::SetupPage};

/// Loads what the setup page shows: the form, while its link is open.
#[server(endpoint = "setup-page", input = Json, output = Answer)]
pub async fn load_setup_page(
    token: String,
    problem: Option<String>,
    draft: Option<String>,
) -> Result<SetupPage, AppError> {
    use crate::{
        model::forms::FormMistake,
        server::web::{context, forms},
    };
    let cx = context::current()?;
    if !cx.state.setup.admits(&token, cx.state.clock.now()) {
        return Err(cx.fail(AppError::NotFound));
    }
    let typed = forms::draft_of_sign_in(&cx, "", draft).await;
    Ok(SetupPage { token, user_name: typed.user_name, mistake: problem.as_deref().and_then(FormMistake::from_code) })
}

/// Creates the first administrator and closes the link.
#[server(endpoint = "setup", output = Answer)]
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
