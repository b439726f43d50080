//! `/audit`: who did what, when, why, from where and with what result.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{PageRequest, page};
use crate::{
    components::{Ago, Table, UserAgent, When},
    error::AppError,
    model::{
        access::{audit_query::AuditQuery, identity::Permission},
        time::Timestamp,
    },
    server::{
        services::audit::{Newest, Reader},
        web::context,
    },
    view::{
        audit_card,
        pages::{AuditCard, AuditPage as Page},
    },
};

/// The most events on one page.
const PER_PAGE: usize = 100;

/// The groups of events that the filter offers, by the first part of their names.
const ACTIONS: [(&str, &str); 8] = [
    ("", "All events"),
    ("change", "Changes"),
    ("session", "Sessions"),
    ("user", "Users"),
    ("target", "Targets"),
    ("request", "Refused requests"),
    ("server", "Server starts and stops"),
    ("audit", "Exports"),
];

/// The page.
#[component]
pub fn AuditPage() -> impl IntoView {
    page(load, |page| view! { <Chain page /> })
}

/// Loads the events that the user may see and that match the address, newest first.
async fn load(request: PageRequest) -> Result<Page, AppError> {
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    cx.take_costly_act(&requester)?;
    let (query, ignored) = AuditQuery::parse(|key| request.value(key));
    let reader = Reader::from(&requester);
    let found = cx.state.audit.newest(&reader, &query, PER_PAGE).await;
    let Newest { rows, older } = found.map_err(|error| cx.fail_search(&error))?;
    let filters = query.filters();
    let with_filters = |first: (&str, String)| {
        let pairs = std::iter::once(first).chain(filters.iter().map(|(key, value)| (*key, value.clone())));
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    };
    Ok(Page {
        now: cx.state.clock.now(),
        older: older.map(|older| format!("/audit?{}", with_filters(("before", older.before.to_string())))),
        searched_back_to: older.and_then(|older| older.searched_back_to),
        is_later_page: query.before.is_some(),
        export_query: url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&filters).finish(),
        filters: filters.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect(),
        ignored: ignored.iter().map(audit_card::ignored).collect(),
        sees_everything: reader.sees_everything,
        rows: rows.into_iter().map(AuditCard::from).collect(),
    })
}

#[component]
fn Chain(page: Page) -> impl IntoView {
    let ignored =
        (!page.ignored.is_empty()).then(|| view! { <p role="alert" class="warning">{page.ignored.join("; ")}"."</p> });
    let export = |format: &str| format!("/audit/export?format={format}&{}", page.export_query);
    let has_filters = !page.filters.is_empty();
    let newest = page.is_later_page.then(|| view! { <a href=format!("/audit?{}", page.export_query)>"Newest"</a> " " });
    let words = if page.searched_back_to.is_some() { "Search further back" } else { "Older" };
    let older = page.older.as_ref().map(|href| view! { <a rel="next" href=href.clone()>{words}</a> });
    let has_pages = newest.is_some() || older.is_some();
    view! {
        <Title text="Audit" />
        <h1>"Audit"</h1>
        {ignored}
        <Filters filters=page.filters />
        <p class="audit-tools">
            <a href=export("csv")>"Export as CSV"</a>
            " "
            <a href=export("jsonl")>"Export as JSON lines"</a>
            {has_filters.then(|| view! { " " <a href="/audit">"Clear filters"</a> })}
            {(!page.sees_everything).then(|| view! {
                <span class="hint">
                    " You see events of the streams in your scope, and events by you or about you."
                </span>
            })}
        </p>
        <Rows rows=page.rows now=page.now searched_back_to=page.searched_back_to has_filters />
        {has_pages.then(|| view! { <nav class="paging" aria-label="Pages of the audit chain">{newest}{older}</nav> })}
    }
}

#[component]
fn Rows(rows: Vec<AuditCard>, now: Timestamp, searched_back_to: Option<Timestamp>, has_filters: bool) -> impl IntoView {
    let searched = searched_back_to.map(|at| {
        view! { <p class="hint">"Searched back to " <When at />". There may be older matches."</p> }
    });
    if rows.is_empty() {
        let words = match (&searched, has_filters) {
            (Some(_), _) => "No match so far.",
            (None, true) => "No event matches these filters.",
            (None, false) => "There are no events to show.",
        };
        return view! { <p class="nothing">{words}</p> {searched} }.into_any();
    }
    let rows = rows.into_iter().map(|row| view! { <Row row now /> }).collect_view();
    view! {
        <Table
            caption="Audit" class="plain audit"
            columns=&["Time", "User", "Event", "Target", "Reason", "Result", "From"]
        >
            {rows}
        </Table>
        {searched}
    }
    .into_any()
}

#[component]
fn Filters(filters: Vec<(String, String)>) -> impl IntoView {
    let value =
        |key: &str| filters.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone()).unwrap_or_default();
    let action = value("action");
    // A full action name, which a link may carry, is offered beside the groups.
    let is_group = ACTIONS.iter().any(|(group, _)| *group == action);
    let exact = (!is_group).then(|| view! { <option value=action.clone() selected=true>{action.clone()}</option> });
    let options = ACTIONS.map(|(group, words)| view! { <option value=group selected=group == action>{words}</option> });
    view! {
        <form class="search" method="get" action="/audit" role="search">
            <label class="visually-hidden" for="q">"Search the audit chain"</label>
            <input id="q" r#type="search" name="q" value=value("q") placeholder="Stream, reason, result" />
            <label for="actor">"User"</label>
            <input id="actor" r#type="text" name="actor" value=value("actor") autocapitalize="off" spellcheck="false" />
            <label for="action">"Event"</label>
            <select id="action" name="action">{exact}{options.into_iter().collect_view()}</select>
            <label for="from">"From (UTC)"</label>
            <input id="from" r#type="date" name="from" value=value("from") />
            <label for="to">"To (UTC)"</label>
            <input id="to" r#type="date" name="to" value=value("to") />
            <button type="submit">"Filter"</button>
        </form>
    }
}

#[component]
fn Row(row: AuditCard, now: Timestamp) -> impl IntoView {
    let actor = if row.actor.is_empty() { "Not signed in".to_owned() } else { row.actor };
    let target = match row.stream {
        Some(stream) => view! {
            <a href=stream.path()>{row.target}</a>
            <span class="small">
                {format!("{} \u{b7} ", stream.account)} <span class="whole">{stream.region.to_string()}</span>
            </span>
        }
        .into_any(),
        None => row.target.into_any(),
    };
    let small = |text: String| (!text.is_empty()).then(|| view! { <span class="small">{text}</span> });
    let request =
        if row.aws_request_id.is_empty() { String::new() } else { format!("AWS request {}", row.aws_request_id) };
    view! {
        <tr>
            <th scope="row" data-label="Time">
                <Ago at=row.at now /> " "
                <span class="small"><When at=row.at /> " " <span class="seq">{format!("#{}", row.seq)}</span></span>
            </th>
            <td data-label="User" class=if row.is_by_server { "by-server" } else { "by-person" }>{actor}</td>
            <td data-label="Event">
                <span class="event">{row.event}</span> " " <code class="small">{row.action}</code>
            </td>
            <td data-label="Target">{target}</td>
            <td data-label="Reason" class="reason">{(!row.reason.is_empty()).then_some(row.reason)}</td>
            <td data-label="Result">{row.result} {small(row.states)} {small(request)}</td>
            <td data-label="From"><CameFrom address=row.address user_agent=row.user_agent /></td>
        </tr>
    }
}

/// The address, and behind a disclosure the browser. Nothing at all for those who may not see them: small screens hide
/// only truly empty cells.
#[component]
fn CameFrom(address: String, user_agent: String) -> impl IntoView {
    (!address.is_empty()).then(|| view! { <span class="mono">{address}</span> <UserAgent of=user_agent /> })
}
