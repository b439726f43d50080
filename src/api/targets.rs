//! Server functions that pause and resume the background reads of a target.

use leptos::{prelude::*, server_fn::codec::Json};

use crate::error::AppError;

/// Stops listing and reading a target in the background, for all users.
#[server(endpoint = "pause-target", output = Json)]
pub async fn pause_target(#[server(default)] id: String) -> Result<(), AppError> {
    use crate::{
        model::{access::identity::Permission, forms::FormDone},
        server::web::context,
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Change).map_err(|error| cx.fail(error))?;
    let paused = cx.state.pauses.pause(&requester, &id).await;
    paused.map_err(|error| cx.fail_pause(&error))?;
    cx.see_other(&format!("/settings?done={}", FormDone::TargetPaused));
    Ok(())
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
