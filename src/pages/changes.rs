//! `/changes`: every change, newest first.

use std::collections::HashSet;

use leptos::{either::Either, prelude::*};
use leptos_meta::Title;

use super::{PageRequest, page};
use crate::{
    components::{ChangesFilters, LadderMarks, LivePage, Table, Undo, Viewer, WhenAgo},
    error::AppError,
    model::{access::identity::Permission, change::Change, list::ChangesQuery, time::Timestamp},
    server::web::context,
    view::{change_card::ChangeCard, changes_list, pages::ChangesPage as Page},
};

/// The most changes on one page.
const PER_PAGE: usize = 50;

/// All changes.
#[component]
pub fn ChangesPage() -> impl IntoView {
    view! {
        <Title text="Changes" />
        {page(load, |page| view! { <Changes page /> })}
    }
}

/// Loads a page of the changes, newest first.
async fn load(request: PageRequest) -> Result<Page, AppError> {
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    let pairs = request.pairs();
    let (query, ignored) = ChangesQuery::parse(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    // Filters, and the patterns of a scope, mean walking the journal.
    if query.is_filtered() || (!requester.scope.is_everything() && query.page > 1) {
        cx.take_costly_act(&requester)?;
    }
    let skip = usize::try_from(query.page - 1).unwrap_or(usize::MAX).saturating_mul(PER_PAGE);
    let listed = cx.state.changes.select(&requester.scope, &query, skip, PER_PAGE + 1).await;
    let mut changes = listed.map_err(|error| cx.fail_store(&error))?;
    let has_more = changes.len() > PER_PAGE;
    changes.truncate(PER_PAGE);
    let is_newest = |change: &&Change| {
        cx.state.inventory.stream(&change.stream_id()).is_some_and(|(row, _)| row.undoes(&change.id))
    };
    let may_change = requester.role.may(Permission::Change) && !cx.state.read_only.is_on();
    let undoable = changes
        .iter()
        .filter(|change| may_change && change.can_be_undone())
        .filter(is_newest)
        .map(|change| change.id.clone());
    let undoable = undoable.collect();
    let ignored = changes_list::ignored(&ignored);
    Ok(Page { changes: changes.iter().map(ChangeCard::from).collect(), undoable, query, ignored, has_more })
}

#[component]
fn Changes(page: Page) -> impl IntoView {
    let Page { changes, undoable, query, ignored, has_more } = page;
    let is_empty = changes.is_empty();
    view! {
        <LivePage moves="changes">
            <div class="title-line">
                <h1>"Changes"</h1>
                <a class="reload" href=query.href() data-when="not-live">"Reload"</a>
            </div>
            {(!ignored.is_empty()).then(|| view! { <p role="alert" class="warning">{ignored.join(" ")}</p> })}
            <ChangesFilters query=query.clone() />
            {if is_empty {
                Either::Left(view! { <Nothing query /> })
            } else {
                Either::Right(view! { <Rows changes undoable query has_more /> })
            }}
        </LivePage>
    }
}

/// Says why the table is empty.
#[component]
fn Nothing(query: ChangesQuery) -> impl IntoView {
    let (text, link) = match (query.is_filtered(), query.page) {
        // The line of the filters clears them.
        (true, _) => ("No change matches these filters.", None),
        (false, 1) => ("No changes yet.", Some(("/streams".to_owned(), "Go to the streams"))),
        (false, _) => ("There are no older changes.", Some((query.on_page(1).href(), "Newest changes"))),
    };
    let link = link.map(|(href, words)| view! { " " <a href=href>{words}</a> });
    view! { <p class="nothing">{text} {link}</p> }
}

#[component]
fn Rows(changes: Vec<ChangeCard>, undoable: Vec<String>, query: ChangesQuery, has_more: bool) -> impl IntoView {
    let now = Viewer::current().now;
    let undoable: HashSet<String> = undoable.into_iter().collect();
    let rows = changes.into_iter().map(|change| {
        let is_undoable = undoable.contains(&change.id);
        view! { <Row change is_undoable now /> }
    });
    let rows = rows.collect::<Vec<_>>();
    let page_link = |number: u32| query.on_page(number).href();
    let newer =
        (query.page > 1).then(|| view! { <a rel="prev" href=page_link(query.page - 1) data-nav="">"Newer"</a> });
    let older = has_more.then(|| view! { <a rel="next" href=page_link(query.page + 1) data-nav="">"Older"</a> });
    view! {
        <Table
            caption="Changes" class="changes"
            columns=&["Change", "Action", "Status", "Account", "Region", "By", "Reason", "Requested"]
        >
            {rows}
        </Table>
        <nav class="paging" aria-label="Pages of changes">{newer} " " {older}</nav>
    }
}

#[component]
fn Row(change: ChangeCard, is_undoable: bool, now: Timestamp) -> impl IntoView {
    let (account_id, region_id) = (format!("account-{}", change.id), format!("region-{}", change.id));
    // Streams of one name may stand here at any time.
    let place = format!("{account_id} {region_id}");
    let of_undo = place.clone();
    let undo = is_undoable.then(|| {
        view! { <Undo href=change.undo_path() of=Some(change.arn.name.to_string()) place=Some(of_undo) /> }
    });
    view! {
        <tr id=format!("change-{}", change.id)>
            <th scope="row" data-label="Change">
                <a href=change.path() aria-describedby=place>{format!("Change of {}", change.arn.name)}</a>
            </th>
            <td data-label="Action">{change.what.clone()}</td>
            <td data-label="Status"><LadderMarks marks=change.marks() rev=change.rev /> {undo}</td>
            <td id=account_id data-label="Account" class="mono">{change.arn.account.to_string()}</td>
            <td id=region_id data-label="Region" class="mono">{change.arn.region.to_string()}</td>
            <td data-label="By">{change.actor}</td>
            <td data-label="Reason" class="reason">{change.reason}</td>
            <td data-label="Requested"><WhenAgo at=change.requested_at now /></td>
        </tr>
    }
}
