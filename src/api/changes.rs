//! Changes: the plan behind a confirmation, the confirmed form, and reading what became of it.

use leptos::{prelude::*, server_fn::codec::Json};

use super::wire::Answer;
use crate::{
    error::AppError,
    model::pages::{ChangePage, ChangesPage, Confirmation, Requested},
};

/// What the confirmation of a disable shows, from a fresh read of at most 3 s. `problem` and `draft` are those of the
/// address after a mistake.
#[server(endpoint = "plan-disable", input = Json, output = Answer)]
pub async fn plan_disable(
    account: String,
    region: String,
    name: String,
    problem: Option<String>,
    draft: Option<String>,
) -> Result<Confirmation, AppError> {
    use crate::{
        model::identity::Permission,
        server::{context, forms},
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Change).map_err(|error| cx.fail(error))?;
    let key = cx.stream_in_scope(&requester, &account, &region, &name)?;
    let planned = cx.state.changes.plan_disable(&key).await;
    let mut confirmation = planned.map_err(|error| forms::refused(&cx, error))?;
    confirmation.draft = forms::draft_of_disable(&cx, &requester, problem, draft).await;
    Ok(confirmation)
}

/// A confirmed disable. Answers once it is recorded; AWS's answer appears on the change's ladder.
#[server(endpoint = "disable", output = Answer)]
pub async fn disable(
    #[server(default)] account: String,
    #[server(default)] region: String,
    #[server(default)] name: String,
    #[server(default)] request_id: String,
    #[server(default)] shown_arn: String,
    #[server(default)] shown_created: String,
    #[server(default)] shown_key: String,
    #[server(default)] typed_name: String,
    #[server(default)] reason: String,
    #[server(default)] wait_minutes: String,
) -> Result<Requested, AppError> {
    use crate::{
        model::{identity::Permission, pages::DisableForm},
        server::{context, forms},
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Change).map_err(|error| cx.fail(error))?;
    let form = DisableForm { account, region, name, request_id, shown_arn, shown_created, shown_key, typed_name, reason, wait_minutes };
    forms::ask_before_disable(&cx, &requester, &form).await?;
    let answer = cx.state.changes.request_disable(requester.clone(), form.clone()).await;
    forms::answer_disable(&cx, &requester, &form, answer).await
}

/// Cancels a change that waits for its stream. One that was sent stays as it is.
#[server(endpoint = "cancel-change", output = Answer)]
pub async fn cancel_change(#[server(default)] id: String) -> Result<(), AppError> {
    use crate::{
        model::identity::Permission,
        server::{context, forms},
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Change).map_err(|error| cx.fail(error))?;
    cx.state.changes.cancel(&requester, &id).await.map_err(|error| forms::refused(&cx, error))?;
    // Found, so its id is one of ours and safe in a path.
    cx.see_other(&format!("/changes/{id}"));
    Ok(())
}

/// All changes, newest first. `page` is from 1.
#[server(endpoint = "list-changes", input = Json, output = Answer)]
pub async fn list_changes(page: u32, is_refresh: bool) -> Result<ChangesPage, AppError> {
    use crate::{
        model::{change_card::ChangeCard, identity::Permission},
        server::context,
    };
    const PER_PAGE: usize = 50;
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    if !is_refresh {
        cx.note_human().await;
    }
    // Patterns of a scope are matched by walking the journal.
    if !requester.scope.is_everything() && page > 1 {
        cx.state.limits.take_costly_act(&requester.user_id).map_err(|seconds| cx.fail(AppError::TooOften { seconds }))?;
    }
    let page = page.clamp(1, 10_000);
    let skip = usize::try_from(page - 1).unwrap_or(usize::MAX).saturating_mul(PER_PAGE);
    let listed = cx.state.changes.list(&requester.scope, skip, PER_PAGE + 1).await;
    let mut changes = listed.map_err(|error| cx.fail_store(&error))?;
    let has_more = changes.len() > PER_PAGE;
    changes.truncate(PER_PAGE);
    Ok(ChangesPage { changes: changes.iter().map(ChangeCard::from).collect(), page, has_more })
}

/// One change with its ladder.
#[server(endpoint = "change", input = Json, output = Answer)]
pub async fn load_change(id: String, is_refresh: bool) -> Result<ChangePage, AppError> {
    use crate::{
        model::{change_card::ChangeCard, identity::Permission, pages::Pace, wording},
        server::context,
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    if !is_refresh {
        cx.note_human().await;
    }
    let found = cx.state.store.change(&id).await.map_err(|error| cx.fail_store(&error))?;
    let change = found.filter(|change| requester.scope.covers_arn(&change.arn)).ok_or_else(|| cx.fail(AppError::NotFound))?;
    let target = cx.state.inventory.target_of_arn(&change.arn).map(|target| target.card()).unwrap_or_default();
    let pace = change.sent_at.map(|sent_at| Pace {
        sent_at,
        reached_at: change.reached_at,
        ended_at: change.end.as_ref().map(|ending| ending.at),
        usual: wording::usual(cx.state.changes.usual(change.action).as_ref()),
    });
    let support = wording::support_text(&change, cx.state.clock.now());
    let checks = wording::CHECK_WHEN_SLOW.map(str::to_owned).into();
    Ok(ChangePage { change: ChangeCard::from(&change), target, pace, checks, support })
}
