//! Server functions for the user's own account and sessions, for re-authentication, and for the alarm about the audit
//! chain.

use leptos::{prelude::*, server_fn::codec::Json};

use crate::error::AppError;

/// Turns the keyboard shortcuts of this browser on or off.
#[server(endpoint = "set-shortcuts", output = Json)]
pub async fn set_shortcuts(#[server(default)] on: Option<String>) -> Result<(), AppError> {
    use crate::{
        model::{access::identity::Permission, forms::FormDone},
        server::web::{context, shortcuts},
    };
    let cx = context::current()?;
    cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    shortcuts::set(&cx, on.is_some());
    cx.see_other(&format!("/settings?done={}", FormDone::ShortcutsSaved));
    Ok(())
}

/// Acknowledges the alarm that the audit chain doesn't match its checkpoints.
#[server(endpoint = "acknowledge-alarm", output = Json)]
pub async fn acknowledge_alarm(
    #[server(default)] number: String,
    #[server(default)] reason: String,
) -> Result<(), AppError> {
    use crate::{
        model::access::identity::Permission,
        server::web::{context, forms},
        view::pages::AlarmTyped,
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Administer).map_err(|error| cx.fail(error))?;
    forms::acknowledge_as_typed(&cx, &requester, AlarmTyped { number, reason }).await
}

/// Ends one of the user's own sessions.
#[server(endpoint = "end-session", output = Json)]
pub async fn end_session(#[server(default)] id: String) -> Result<(), AppError> {
    use crate::{
        model::{access::identity::Permission, forms::FormDone},
        server::web::context,
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    let id = cx.id(id)?;
    let has_ended = cx.state.sign_ins.sessions.end_own(&requester, &id).await.map_err(|error| cx.fail_store(&error))?;
    if !has_ended {
        return Err(cx.fail(AppError::NotFound));
    }
    cx.see_other(&format!("/settings?done={}", FormDone::SessionEnded));
    Ok(())
}

/// Ends all of the user's own sessions except this one.
#[server(endpoint = "end-other-sessions", output = Json)]
pub async fn end_other_sessions() -> Result<(), AppError> {
    use crate::{
        model::{access::identity::Permission, forms::FormDone},
        server::web::context,
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    cx.state.sign_ins.sessions.end_others(&requester).await.map_err(|error| cx.fail_store(&error))?;
    cx.see_other(&format!("/settings?done={}", FormDone::OtherSessionsEnded));
    Ok(())
}

/// Changes the user's own password, after checking the current one.
#[server(endpoint = "change-password", output = Json)]
pub async fn change_password(
    #[server(default)] present_password: String,
    #[server(default)] new_password: String,
) -> Result<(), AppError> {
    use crate::{
        model::access::identity::Permission,
        server::web::{context, forms},
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    if cx.state.is_demo || requester.is_of_provider() {
        return Err(cx.fail(AppError::NotFound));
    }
    let changed = cx.state.sign_ins.change_password(&requester, present_password.into(), new_password.into()).await;
    forms::answer_own_password(&cx, &requester, changed).await
}

/// Re-authenticates the user. The session gets a new id.
#[server(endpoint = "confirm-identity", output = Json)]
pub async fn confirm_identity(
    #[server(default)] password: String,
    #[server(default)] next: String,
) -> Result<(), AppError> {
    use crate::{
        model::access::identity::Permission,
        server::web::{context, forms},
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    let confirmed = cx.state.sign_ins.again(&requester, password.into()).await;
    forms::answer_confirmed_identity(&cx, &requester, confirmed, &next).await
}
