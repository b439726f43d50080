//! Server functions for changes: the plan behind a confirmation, the confirmed form, and the outcome.

use leptos::{prelude::*, server_fn::codec::Json};

use super::wire::Answer;
use crate::{
    error::AppError,
    model::{change::ChangeForm, forms::ConfirmationRequest},
    view::pages::{ChangePage, ChangesPage, Confirmation, Requested},
};

/// Loads what the confirmation of a disable shows, from a fresh read of at most 3 s.
#[server(endpoint = "plan-disable", input = Json, output = Answer)]
pub async fn plan_disable(asked: ConfirmationRequest) -> Result<Confirmation, AppError> {
    use crate::{model::change::Action, server::web::forms};
    forms::plan(Action::Disable, asked).await
}

/// Loads what the confirmation of an enable shows, from a fresh read of at most 3 s.
#[server(endpoint = "plan-enable", input = Json, output = Answer)]
pub async fn plan_enable(asked: ConfirmationRequest) -> Result<Confirmation, AppError> {
    use crate::{model::change::Action, server::web::forms};
    forms::plan(Action::Enable, asked).await
}

/// Submits a confirmed disable. Returns once it is recorded; AWS's response appears on the change's ladder.
#[server(endpoint = "disable", output = Answer)]
pub async fn disable(#[server(flatten)] form: ChangeForm) -> Result<Requested, AppError> {
    use crate::{model::change::Action, server::web::forms};
    forms::request(Action::Disable, form).await
}

/// Submits a confirmed enable. Returns once it is recorded; AWS's response appears on the change's ladder.
#[server(endpoint = "enable", output = Answer)]
pub async fn enable(#[server(flatten)] form: ChangeForm) -> Result<Requested, AppError> {
    use crate::{model::change::Action, server::web::forms};
    forms::request(Action::Enable, form).await
}

/// Cancels a change that is waiting for its stream. A change already sent is not affected.
#[server(endpoint = "cancel-change", output = Answer)]
pub async fn cancel_change(#[server(default)] id: String) -> Result<(), AppError> {
    use crate::{
        model::access::identity::Permission,
        server::web::{context, forms},
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Change).map_err(|error| cx.fail(error))?;
    cx.state.changes.requests.cancel(requester, id.clone()).await.map_err(|error| forms::refused(&cx, error))?;
    // The change was found, so the id is one we generated and is safe in a path.
    cx.see_other(&format!("/changes/{id}"));
    Ok(())
}

/// Closes a change that cannot be judged as not established, with a reason.
#[server(endpoint = "close-change", output = Answer)]
pub async fn close_change(#[server(default)] id: String, #[server(default)] reason: String) -> Result<(), AppError> {
    use crate::{
        model::access::identity::Permission,
        server::web::{context, forms},
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Change).map_err(|error| cx.fail(error))?;
    let closed = cx.state.changes.requests.close(requester.clone(), id.clone(), reason.clone()).await;
    forms::answer_close(&cx, &requester, &id, reason, closed).await
}

/// Requests proof of a settled change by a marked record on each open shard. Every consumer receives it, so the user
/// must agree.
#[server(endpoint = "prove-by-write", output = Answer)]
pub async fn prove_by_write(#[server(default)] id: String, #[server(default)] agreed: String) -> Result<(), AppError> {
    use crate::{
        model::{
            access::identity::Permission,
            forms::{FormMistake, Outcome},
        },
        server::{
            services::changes::ProofKind,
            web::{context, forms},
        },
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Change).map_err(|error| cx.fail(error))?;
    forms::ask_before_proof(&cx, &requester, &id).await?;
    let asked = match agreed.as_str() {
        "yes" => cx.state.changes.proofs.ask(requester, id.clone(), ProofKind::Write).await,
        _ => Ok(Outcome::Mistake(FormMistake::RecordNotAgreed)),
    };
    forms::answer_on_change(&cx, &id, asked).await
}

/// Requests proof of a settled change by reading the records that other producers write.
#[server(endpoint = "prove-by-read", output = Answer)]
pub async fn prove_by_read(#[server(default)] id: String) -> Result<(), AppError> {
    use crate::{
        model::access::identity::Permission,
        server::{
            services::changes::ProofKind,
            web::{context, forms},
        },
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Change).map_err(|error| cx.fail(error))?;
    let asked = cx.state.changes.proofs.ask(requester, id.clone(), ProofKind::Read).await;
    forms::answer_on_change(&cx, &id, asked).await
}

/// Records a producer's response that a user pasted, as that user's report.
#[server(endpoint = "report-proof", output = Answer)]
pub async fn report_proof(#[server(default)] id: String, #[server(default)] answer: String) -> Result<(), AppError> {
    use crate::{
        model::access::identity::Permission,
        server::web::{context, forms},
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::Change).map_err(|error| cx.fail(error))?;
    let reported = cx.state.changes.proofs.report(requester, id.clone(), answer).await;
    forms::answer_on_change(&cx, &id, reported).await
}

/// Loads all changes, newest first. `page` counts from 1.
#[server(endpoint = "list-changes", input = Json, output = Answer)]
pub async fn list_changes(page: u32, is_refresh: bool) -> Result<ChangesPage, AppError> {
    use crate::{
        model::{access::identity::Permission, change::Change},
        server::web::context,
        view::change_card::ChangeCard,
    };
    const PER_PAGE: usize = 50;
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    if !is_refresh {
        cx.record_human().await;
    }
    // Matching the patterns of a scope means walking the journal.
    if !requester.scope.is_everything() && page > 1 {
        cx.take_costly_act(&requester)?;
    }
    let page = page.clamp(1, 10_000);
    let skip = usize::try_from(page - 1).unwrap_or(usize::MAX).saturating_mul(PER_PAGE);
    let listed = cx.state.changes.list(&requester.scope, skip, PER_PAGE + 1).await;
    let mut changes = listed.map_err(|error| cx.fail_store(&error))?;
    let has_more = changes.len() > PER_PAGE;
    changes.truncate(PER_PAGE);
    let is_newest = |change: &&Change| {
        cx.state.inventory.stream(&change.stream_id()).is_some_and(|(row, _)| row.undoes(&change.id))
    };
    let may_change = requester.role.may(Permission::Change) && !cx.state.is_read_only;
    let undoable = changes
        .iter()
        .filter(|change| may_change && change.can_be_undone())
        .filter(is_newest)
        .map(|change| change.id.clone());
    let undoable = undoable.collect();
    Ok(ChangesPage { changes: changes.iter().map(ChangeCard::from).collect(), undoable, page, has_more })
}

/// Loads one change with its ladder.
#[server(endpoint = "change", input = Json, output = Answer)]
pub async fn load_change(
    id: String,
    problem: Option<String>,
    draft: Option<String>,
    is_refresh: bool,
) -> Result<ChangePage, AppError> {
    use crate::{
        model::{access::identity::Permission, forms::FormMistake},
        server::web::{context, forms},
        view::{change_card::ChangeCard, pace, pages::Pace, support},
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    if !is_refresh {
        cx.record_human().await;
    }
    let found = cx.state.changes.find(&id).await.map_err(|error| cx.fail_store(&error))?;
    let change = found
        .filter(|change| requester.scope.covers_arn(&change.intent.arn))
        .ok_or_else(|| cx.fail(AppError::NotFound))?;
    let target = cx.state.inventory.target_of_arn(&change.intent.arn).map(|target| target.card()).unwrap_or_default();
    let pace = change.evidence.sent_at.map(|sent_at| Pace {
        sent_at,
        reached_at: change.evidence.reached_at,
        ended_at: change.end.as_ref().map(|ending| ending.at),
        usual: pace::usual(cx.state.changes.worker.typical_duration(change.intent.action).as_ref()),
    });
    let support = support::text(&change, cx.state.clock.now());
    let checks = pace::CHECK_WHEN_SLOW.map(str::to_owned).into();
    let row = cx.state.inventory.stream(&change.stream_id()).map(|(row, _)| row);
    let mistake = problem.as_deref().and_then(FormMistake::from_code);
    let typed_reason = forms::draft_of_change(&cx, &requester, problem, draft).await.unwrap_or_default().reason;
    let stream_created = change.intent.stream_created;
    Ok(ChangePage {
        change: ChangeCard::from(&change),
        mistake,
        typed_reason,
        row,
        stream_created,
        target,
        pace,
        checks,
        support,
    })
}
