//! Server functions for the user's own account and sessions, and for re-authentication.

use leptos::{prelude::*, server_fn::codec::Json};

use super::wire::Answer;
use crate::{
    error::AppError,
    view::pages::{IdentityPage, SettingsPage},
};

/// Loads what `/settings` shows.
#[server(endpoint = "settings", input = Json, output = Answer)]
pub async fn load_settings(problem: Option<String>, done: Option<String>) -> Result<SettingsPage, AppError> {
    use crate::{
        model::{
            access::identity::Permission,
            forms::{FormDone, FormMistake},
        },
        server::{adapters::store::OwnSession, web::context},
        view::pages::SessionCard,
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    let rows = cx.state.sign_ins.sessions.own(&requester).await.map_err(|error| cx.fail_store(&error))?;
    let card = |row: OwnSession| SessionCard {
        is_this: row.id_hash == requester.session_hash,
        id: row.id_hash,
        signed_in_at: row.signed_in_at,
        last_used_at: row.last_human_at,
        address: row.address,
        user_agent: row.user_agent,
    };
    Ok(SettingsPage {
        scope: requester.scope.to_string(),
        has_password: !cx.state.is_demo,
        mistake: problem.as_deref().and_then(FormMistake::from_code),
        done: done.as_deref().and_then(FormDone::from_code),
        sessions: rows.into_iter().map(card).collect(),
        may_administer: requester.role.may(Permission::Administer),
        may_pause: requester.role.may(Permission::Change),
        quota: cx.state.changes.quotas.sums(&requester.scope).await.map_err(|error| cx.fail_store(&error))?,
    })
}

/// Ends one of the user's own sessions.
#[server(endpoint = "end-session", output = Answer)]
pub async fn end_session(#[server(default)] id: String) -> Result<(), AppError> {
    use crate::{
        model::{access::identity::Permission, forms::FormDone},
        server::web::context,
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    let has_ended = cx.state.sign_ins.sessions.end_own(&requester, &id).await.map_err(|error| cx.fail_store(&error))?;
    if !has_ended {
        return Err(cx.fail(AppError::NotFound));
    }
    cx.see_other(&format!("/settings?done={}", FormDone::SessionEnded));
    Ok(())
}

/// Ends all of the user's own sessions except this one.
#[server(endpoint = "end-other-sessions", output = Answer)]
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
#[server(endpoint = "change-password", output = Answer)]
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
    if cx.state.is_demo {
        return Err(cx.fail(AppError::NotFound));
    }
    let changed = cx.state.sign_ins.change_password(&requester, present_password.into(), new_password.into()).await;
    forms::answer_own_password(&cx, &requester, changed).await
}

/// Loads what the re-authentication page shows.
#[server(endpoint = "confirm-identity-page", input = Json, output = Answer)]
pub async fn load_identity_page(
    next: Option<String>,
    problem: Option<String>,
    draft: Option<String>,
) -> Result<IdentityPage, AppError> {
    use crate::{
        model::{
            access::{identity::Permission, next_page::safe_next},
            forms::FormMistake,
        },
        server::web::{context, forms},
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    let typed = forms::draft_of_sign_in(&cx, &requester.user_id, draft).await;
    let mistake = problem.as_deref().and_then(FormMistake::from_code);
    Ok(IdentityPage { next: safe_next(&next.unwrap_or(typed.next)), mistake })
}

/// Re-authenticates the user. The session gets a new id.
#[server(endpoint = "confirm-identity", output = Answer)]
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
