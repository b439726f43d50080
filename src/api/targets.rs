//! Server functions that pause and resume the background reads of a target.

use leptos::{prelude::*, server_fn::codec::Json};

use crate::error::AppError;

/// Stops listing and reading a target in the background, for all users, until so many minutes have passed.
#[server(endpoint = "pause-target", output = Json)]
pub async fn pause_target(#[server(default)] id: String, #[server(default)] minutes: String) -> Result<(), AppError> {
    use crate::{
        model::access::identity::Permission,
        server::web::{context, forms},
        view::pages::PauseChoice,
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Change).map_err(|error| cx.fail(error))?;
    forms::pause_as_chosen(&cx, &requester, PauseChoice { id, minutes }).await
}

/// Resumes the background reads of a paused target.
#[server(endpoint = "resume-target", output = Json)]
pub async fn resume_target(#[server(default)] id: String) -> Result<(), AppError> {
    use crate::{
        model::{access::identity::Permission, forms::FormDone},
        server::web::context,
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Change).map_err(|error| cx.fail(error))?;
    let resumed = cx.state.pauses.resume(&requester, &id).await;
    resumed.map_err(|error| cx.fail_pause(&error))?;
    cx.see_other(&format!("/settings?done={}", FormDone::TargetResumed));
    Ok(())
}
