//! Server functions for signing in and out.

use leptos::{prelude::*, server_fn::codec::Json};

use crate::error::AppError;

/// Signs in with a password.
#[server(endpoint = "sign-in", output = Json)]
pub async fn sign_in(
    #[server(default)] user_name: String,
    #[server(default)] password: String,
    #[server(default)] next: String,
) -> Result<(), AppError> {
    use crate::server::web::{context, forms};
    let cx = context::current()?;
    let signed_in = cx.state.sign_ins.with_password(&cx.stranger(), &user_name, password.into()).await;
    forms::answer_sign_in(&cx, signed_in, &user_name, &next).await
}

/// Signs in as one of the demo's users. Exists in the demo only.
#[server(endpoint = "sign-in-demo", output = Json)]
pub async fn sign_in_demo(
    #[server(default)] user_name: String,
    #[server(default)] next: String,
) -> Result<(), AppError> {
    use crate::{
        model::forms::Outcome,
        server::web::{context, forms},
    };
    let cx = context::current()?;
    let signed_in = cx.state.sign_ins.as_demo_user(&cx.stranger(), &user_name).await;
    forms::answer_sign_in(&cx, signed_in.map(Outcome::Done), &user_name, &next).await
}

/// Signs out by ending the session on the server.
#[server(endpoint = "sign-out", output = Json)]
pub async fn sign_out() -> Result<(), AppError> {
    use crate::server::web::{context, provider_link, session_store};
    let cx = context::current()?;
    let requester = cx.requester().map_err(|error| cx.fail(error))?;
    let session = cx.session().map_err(|error| cx.fail(error))?;
    // If the end cannot be written, the session goes on and the user gets an error.
    let signed_out =
        cx.state.sign_ins.sessions.sign_out(&requester.actor(), &requester.user_id, &requester.session_hash).await;
    signed_out.map_err(|error| cx.fail_store(&error))?;
    session_store::forget(&session).await;
    cx.see_other(provider_link::page_after_sign_out(requester.is_of_provider()));
    Ok(())
}
