//! `/audit`: who did what, when, why, from where and with what result.

use leptos::prelude::*;
use leptos_meta::Title;

use super::plain;
use crate::{
    api,
    components::{Table, When},
    view::pages::{AuditCard, AuditPage as Page},
};

/// The groups of events that the filter offers, by the first part of their names.
const ACTIONS: [(&str, &str); 7] = [
    ("", "All events"),
    ("change", "Changes"),
    ("session", "Sessions"),
    ("user", "Users"),
    ("request", "Refused requests"),
    ("server", "Server starts and stops"),
    ("audit", "Exports"),
];

/// The page.
#[component]
pub fn AuditPage() -> impl IntoView {
    let page = plain(
        |request| {
            let parameters = ["q", "actor", "action", "from", "to", "before"];
            api::audit::load_audit(
                parameters.into_iter().filter_map(|key| Some((key.to_owned(), request.value(key)?))).collect(),
            )
        },
        |page| view! { <Chain page /> }.into_any(),
    );
    view! {
        <Title text="Audit" />
        <h1>"Audit"</h1>
        {page}
    }
}

#[component]
fn Chain(page: Page) -> impl IntoView {
    let ignored = (!page.ignored.is_empty())
        .then(|| view! { <p role="alert" class="alert">{page.ignored.join("; ")}"."</p> }.into_any());
    let export = |format: &str| format!("/audit/export?format={format}&{}", page.export_query);
    let has_filters = !page.filters.is_empty();
    let is_empty = page.rows.is_empty();
    let rows = page.rows.into_iter().map(|row| view! { <Row row /> }.into_any()).collect_view();
    let newest = page
        .is_later_page
        .then(|| view! { <a href=format!("/audit?{}", page.export_query)>"Newest"</a> " " }.into_any());
    let older = page.older.clone().map(|href| view! { <a rel="next" href=href>"Older"</a> }.into_any());
    let has_pages = newest.is_some() || older.is_some();
    view! {
        {ignored}
        <Filters filters=page.filters />
        <p class="audit-tools">
            <a href=export("csv")>"Export as CSV"</a>
            " "
            <a href=export("jsonl")>"Export as JSON lines"</a>
            {has_filters.then(|| view! { " " <a href="/audit">"Clear filters"</a> }.into_any())}
            {(!page.sees_everything).then(|| view! {
                <span class="hint">
                    " You see events of the streams in your scope, and events by you or about you."
                </span>
            }.into_any())}
        </p>
        {is_empty.then(|| view! {
            <p class="nothing">"No event matches these filters. "<a href="/audit">"Clear filters"</a></p>
        }.into_any())}
        {(!is_empty).then(|| view! {
            <Table
                caption="Audit" class="plain audit"
                columns=&["Time", "User", "Event", "Target", "Reason", "Result", "From"]
            >
                {rows}
            </Table>
        }.into_any())}
        {has_pages.then(|| view! {
            <nav class="paging" aria-label="Pages of the audit chain">{newest}{older}</nav>
        }.into_any())}
    }
}

#[component]
fn Filters(filters: Vec<(String, String)>) -> impl IntoView {
    let value =
        |key: &str| filters.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone()).unwrap_or_default();
    let action = value("action");
    // A full action name, which a link may carry, is offered beside the groups.
    let is_group = ACTIONS.iter().any(|(group, _)| *group == action);
    let exact =
        (!is_group).then(|| view! { <option value=action.clone() selected=true>{action.clone()}</option> }.into_any());
    let options = ACTIONS
        .map(|(group, words)| view! { <option value=group selected=group == action>{words}</option> }.into_any());
    view! {
        <form class="search" method="get" action="/audit" role="search">
            <label class="visually-hidden" for="q">"Search the audit chain"</label>
            <input id="q" r#type="search" name="q" value=value("q") placeholder="Stream, reason, result" />
            <label for="actor">"User"</label>
            <input id="actor" r#type="text" name="actor" value=value("actor") autocapitalize="off" spellcheck="false" />
            <label for="action">"Event"</label>
            <select id="action" name="action">{exact}{options.into_iter().collect::<Vec<_>>()}</select>
            <label for="from">"From (UTC)"</label>
            <input id="from" r#type="date" name="from" value=value("from") />
            <label for="to">"To (UTC)"</label>
            <input id="to" r#type="date" name="to" value=value("to") />
            <button type="submit">"Filter"</button>
        </form>
    }
}

#[component]
fn Row(row: AuditCard) -> impl IntoView {
    let actor = if row.actor.is_empty() { "not signed in".to_owned() } else { row.actor };
    let target = match row.stream {
        Some(stream) => view! {
            <a href=stream.path()>{row.target}</a>
            <span class="small">{format!("{} \u{b7} {}", stream.account, stream.region)}</span>
        }
        .into_any(),
        None => row.target.into_any(),
    };
    let small = |text: String| (!text.is_empty()).then(|| view! { <span class="small">{text}</span> }.into_any());
    // An empty cell must not contain white space, because small screens hide only truly empty cells.
    let from = (!row.address.is_empty()).then(|| view! { {row.address} {small(row.user_agent)} }.into_any());
    let request =
        if row.aws_request_id.is_empty() { String::new() } else { format!("AWS request {}", row.aws_request_id) };
    view! {
        <tr>
            <th scope="row" data-label="Time">
                <When at=row.at /> " " <span class="seq">{format!("#{}", row.seq)}</span>
            </th>
            <td data-label="User">{actor}</td>
            <td data-label="Event" class="mono">{row.action}</td>
            <td data-label="Target">{target}</td>
            <td data-label="Reason" class="reason">{(!row.reason.is_empty()).then_some(row.reason)}</td>
            <td data-label="Result">{row.result} {small(row.states)} {small(request)}</td>
            <td data-label="From">{from}</td>
        </tr>
    }
}
