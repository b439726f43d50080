//! Pausing the background reads of a target, and letting them go on.

use leptos::prelude::*;

use super::wire::Answer;
use crate::error::AppError;

/// Stops listing and reading a target in the background, for everybody.
#[server(endpoint = "pause-target", output = Answer)]
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

/// Lets a paused target be read again.
#[server(endpoint = "resume-target", output = Answer)]
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
