//! `/changes`: every change, newest first.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{Follows, loaded, shown};
use crate::{
    api,
    client::live::Live,
    components::{LadderMarks, SelfRefresh, Table, Undo, When},
    view::{
        change_card::ChangeCard,
        pages::{ChangesPage as Page, PageContent},
    },
};

/// All changes.
#[component]
pub fn ChangesPage() -> impl IntoView {
    let page = loaded(Follows::News, |request| {
        let number = request.value("page").and_then(|page| page.parse().ok()).unwrap_or(1);
        let asking = api::changes::list_changes(number, request.is_refresh);
        async { asking.await.map(PageContent::Changes) }
    });
    view! {
        <Title text="Changes" />
        <h1>"Changes"</h1>
        {shown(page, |content| match content {
            PageContent::Changes(page) => Some(view! { <List page /> }.into_any()),
            _ => None,
        })}
    }
}

#[component]
fn List(page: Page) -> impl IntoView {
    if page.changes.is_empty() {
        return view! { <p class="nothing">"No changes yet. "<a href="/streams">"Go to the streams"</a></p> }
            .into_any();
    }
    let is_moving = page.changes.iter().any(ChangeCard::is_active);
    let address = format!("/changes?page={}", page.page);
    let undoable = page.undoable;
    let rows = page.changes.into_iter().map(|change| {
        let undo = undoable.contains(&change.id).then(|| change.undo_path());
        view! { <Row change undo /> }.into_any()
    });
    let rows = rows.collect_view();
    let previous = (page.page > 1)
        .then(|| view! { <a rel="prev" href=format!("/changes?page={}", page.page - 1)>"Newer"</a> }.into_any());
    let next = page
        .has_more
        .then(|| view! { <a rel="next" href=format!("/changes?page={}", page.page + 1)>"Older"</a> }.into_any());
    view! {
        <SelfRefresh address is_wanted=is_moving />
        <Table
            caption="Changes" class="changes"
            columns=&["Change", "Action", "Status", "Account", "Region", "By", "Reason", "Requested"]
        >
            {rows}
        </Table>
        <nav class="paging" aria-label="Pages of changes">{previous} " " {next}</nav>
    }
    .into_any()
}

#[component]
fn Row(change: ChangeCard, undo: Option<String>) -> impl IntoView {
    let live = expect_context::<Live>();
    let path = change.path();
    let (title, what) = (format!("Change of {}", change.arn.name), change.what.clone());
    let (account, region) = (change.arn.account.to_string(), change.arn.region.to_string());
    let (actor, reason, requested_at) = (change.actor.clone(), change.reason.clone(), change.requested_at);
    let name = change.arn.name.to_string();
    let change = live.change(change);
    view! {
        <tr>
            <th scope="row" data-label="Change"><a href=path>{title}</a></th>
            <td data-label="Action">{what}</td>
            <td data-label="Status">
                {move || change.with(|change| view! { <LadderMarks marks=change.marks() /> }.into_any())}
                {undo.map(|href| view! { <Undo href of=Some(name) /> }.into_any())}
            </td>
            <td data-label="Account" class="mono">{account}</td>
            <td data-label="Region" class="mono">{region}</td>
            <td data-label="By">{actor}</td>
            <td data-label="Reason" class="reason">{reason}</td>
            <td data-label="Requested"><When at=requested_at /></td>
        </tr>
    }
}
