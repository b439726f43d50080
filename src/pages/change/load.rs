//! What a change's page shows.

use crate::{
    error::AppError,
    model::{access::identity::Permission, forms::FormMistake},
    pages::PageRequest,
    server::web::{context, forms},
    view::{
        change_card::ChangeCard,
        pace,
        pages::{ChangePage, Pace},
        support,
    },
};

/// Loads one change with its ladder.
pub(super) async fn load(request: PageRequest) -> Result<ChangePage, AppError> {
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    let id = cx.id(request.part("id"))?;
    let found = cx.state.changes.find(&id).await.map_err(|error| cx.fail_store(&error))?;
    let change = found
        .filter(|change| requester.scope.covers_arn(&change.intent.arn))
        .ok_or_else(|| cx.fail(AppError::NotFound))?;
    let inventory = &cx.state.inventory;
    let pace = change.evidence.known_sent_at().map(|sent_at| Pace {
        sent_at,
        reached_at: change.evidence.reached_at,
        ended_at: change.end.as_ref().map(|ending| ending.at),
        usual: pace::usual(cx.state.changes.worker.typical_duration(change.intent.action).as_ref()),
    });
    let (problem, draft) = (request.value("problem"), request.value("draft"));
    let mistake = problem.as_deref().and_then(FormMistake::from_code);
    let typed_reason = forms::draft_of_change(&cx, &requester, problem, draft).await.unwrap_or_default().reason;
    Ok(ChangePage {
        mistake,
        typed_reason,
        row: inventory.stream(&change.stream_id()).map(|(row, _)| row),
        stream_created: change.intent.stream_created,
        target: inventory.target_of_arn(&change.intent.arn).map(|target| target.card()).unwrap_or_default(),
        pace,
        checks: pace::CHECK_WHEN_SLOW.map(str::to_owned).into(),
        support: support::text(&change, cx.state.clock.now()),
        change: ChangeCard::from(&change),
    })
}
