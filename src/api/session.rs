//! Server functions for signing in and out, and for the frame of every page.

use leptos::{prelude::*, server_fn::codec::Json};

use super::wire::Answer;
use crate::{
    error::AppError,
    view::{
        frame_source::FrameSource,
        pages::{Frame, SignInPage},
    },
};

/// Reloads what the frame of every page shows, after the page has missed updates.
#[server(endpoint = "frame", input = Json, output = Answer)]
pub async fn load_frame() -> Result<Frame, AppError> {
    Ok(crate::server::web::context::current()?.frame())
}

/// Returns what the frame of the page being rendered shows. In the browser, it comes with the page.
pub fn frame_of_page() -> Frame {
    use_context::<FrameSource>().map(|source| source.0()).unwrap_or_default()
}

/// Loads what the sign-in page shows: the demo's buttons, and what was typed before a mistake (never the password).
#[server(endpoint = "sign-in-page", input = Json, output = Answer)]
pub async fn load_sign_in_page(
    next: Option<String>,
    problem: Option<String>,
    draft: Option<String>,
) -> Result<SignInPage, AppError> {
    use crate::{
        model::{access::next_page::safe_next, forms::FormMistake},
        server::web::{context, forms},
    };
    let cx = context::current()?;
    let typed = forms::draft_of_sign_in(&cx, "", draft).await;
    Ok(SignInPage {
        is_demo: cx.state.is_demo,
        next: safe_next(&next.unwrap_or(typed.next)),
        user_name: typed.user_name,
        wait_until: typed.wait_until,
        mistake: problem.as_deref().and_then(FormMistake::from_code),
    })
}

/// Signs in with a password.
#[server(endpoint = "sign-in", output = Answer)]
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
#[server(endpoint = "sign-in-demo", output = Answer)]
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
#[server(endpoint = "sign-out", output = Answer)]
pub async fn sign_out() -> Result<(), AppError> {
    use crate::server::web::{context, session_store};
    let cx = context::current()?;
    let requester = cx.requester().map_err(|error| cx.fail(error))?;
    let session = cx.session().map_err(|error| cx.fail(error))?;
    // If the end cannot be written, the session goes on and the user gets an error.
    cx.state.sign_ins.sessions.sign_out(&requester).await.map_err(|error| cx.fail_store(&error))?;
    session_store::forget(&session).await;
    cx.see_other("/sign-in");
    Ok(())
}
