//! What a change's page shows.

use crate::{
    error::AppError,
    model::{
        access::identity::Permission,
        change::Change,
        forms::FormMistake,
        inventory::{ChangeMarks, StreamRow},
    },
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
    let (problem, draft) = (request.value("problem"), request.value("draft"));
    let mistake = problem.as_deref().and_then(FormMistake::from_code);
    let typed_reason = forms::draft_of_change(&cx, &requester, problem, draft).await.unwrap_or_default().reason;
    // Read last, and its stream's row with it, so that the page shows one moment.
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
    Ok(ChangePage {
        mistake,
        typed_reason,
        row: inventory.stream(&change.stream_id()).map(|(row, _)| beside(row, &change)),
        stream_created: change.intent.stream_created,
        target: inventory.target_of_arn(&change.intent.arn).map(|target| target.card()).unwrap_or_default(),
        pace,
        checks: pace::CHECK_WHEN_SLOW.map(str::to_owned).into(),
        support: support::text(&change, cx.state.clock.now()),
        change: ChangeCard::from(&change),
    })
}

/// Returns the row of a change's stream with the change as its page shows it: it may have moved between the two reads.
fn beside(mut row: StreamRow, change: &Change) -> StreamRow {
    let is_other = row.change.as_ref().is_some_and(|marks| marks.id != change.id);
    if !is_other {
        row.change = change.is_active().then(|| ChangeMarks::from(change));
    }
    row
}
