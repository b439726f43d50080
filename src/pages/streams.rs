//! `/streams`: every stream with its encryption state.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{PageRequest, page};
use crate::{
    components::{Count, Counted, Filters, LivePage, StreamsTable, TargetStrip, Viewer},
    error::AppError,
    model::{
        access::identity::Permission,
        list::{Counts, ListQuery, StatusFilter},
        stream::encryption::EncryptionState,
    },
    server::web::{chosen_columns, context, fragments},
    view::{list, pages::ListPage},
};

/// The list.
#[component]
pub fn StreamsPage() -> impl IntoView {
    view! {
        <Title text="Streams" />
        {page(load, |page| view! { <List page /> })}
    }
}

/// Loads one page of the list. It reads from memory, never from AWS.
async fn load(request: PageRequest) -> Result<ListPage, AppError> {
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    let pairs = request.pairs();
    let (query, ignored) = ListQuery::parse(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    chosen_columns::keep(&cx, &pairs, &query);
    let columns = chosen_columns::shown(&cx, &query);
    let ignored = list::ignored(&ignored);
    let listed = cx.state.inventory.list(&query, &requester.scope);
    cx.state.inventory.mark_viewed(&listed.selection.rows);
    let (selection, counts, facets) = (listed.selection, listed.counts, listed.facets);
    let rows = fragments::rows(&selection.rows, &columns, &Viewer::current(), &cx.state.fragments);
    Ok(ListPage { query, columns, ignored, selection, rows, counts, facets })
}

#[component]
fn List(page: ListPage) -> impl IntoView {
    let viewer = Viewer::current();
    let ListPage { query, columns, ignored, selection, rows, counts, facets } = page;
    view! {
        <LivePage moves="list">
            <div class="title-line">
                <h1>"Streams"</h1>
                <Count of=Counted::All counts rev=viewer.rev />
                <a class="reload" href=query.href() data-when="not-live">"Reload"</a>
            </div>
            <TargetStrip viewer=viewer.clone() />
            <FacetLine counts query=query.clone() rev=viewer.rev />
            <Filters
                query=query.clone() columns=columns.clone() facets matching=selection.matching all=counts.all
            />
            {(!ignored.is_empty()).then(|| view! { <p role="alert" class="warning">{ignored.join(" ")}</p> })}
            {(selection.matching > 0).then(|| view! { <StreamsTable rows query=query.clone() columns /> })}
            {(counts.all == 0).then(|| view! { <Nothing /> })}
            <Foot query page=selection.page pages=selection.pages matching=selection.matching />
        </LivePage>
    }
}

/// Four counts over the whole inventory, each a filter.
#[component]
fn FacetLine(counts: Counts, query: ListQuery, rev: i64) -> impl IntoView {
    let encryption = |state: EncryptionState, of: Counted, class: &'static str| {
        let is_on = query.encryption == [state];
        let encryption = if is_on { Vec::new() } else { vec![state] };
        let href = ListQuery { encryption, page: 1, ..query.clone() }.href();
        let word = list::encryption(state).to_ascii_lowercase();
        view! { <Facet class href is_on of counts rev word /> }
    };
    let is_changing_on = query.status == [StatusFilter::Changing];
    let status = if is_changing_on { Vec::new() } else { vec![StatusFilter::Changing] };
    let changing = ListQuery { status, page: 1, ..query.clone() }.href();
    view! {
        <ul class="facets" aria-label="Filters by state">
            {query.is_filtered().then(|| view! { <li class="hint">"Of all streams:"</li> })}
            {encryption(EncryptionState::Encrypted, Counted::Encrypted, "facet encrypted")}
            {encryption(EncryptionState::NotEncrypted, Counted::NotEncrypted, "facet not-encrypted")}
            {encryption(EncryptionState::Unknown, Counted::Unknown, "facet unknown")}
            <Facet
                class="facet moving" href=changing is_on=is_changing_on of=Counted::Changing counts rev
                word="changing".to_owned()
            />
        </ul>
    }
}

/// One count, which selects its streams or, if it does already, all.
#[component]
fn Facet(
    class: &'static str,
    href: String,
    is_on: bool,
    of: Counted,
    counts: Counts,
    rev: i64,
    word: String,
) -> impl IntoView {
    view! {
        <li>
            <a class=class href=href aria-current=is_on.then_some("true") data-nav="">
                <Count of counts rev /> " " <span>{word}</span>
            </a>
        </li>
    }
}

/// Says why there are no streams. If only the filters select none, the line of the filters says so.
#[component]
fn Nothing() -> impl IntoView {
    view! {
        <p class="nothing">
            "No streams yet. The targets may not be listed yet, or they may have none. "
            <a href="/help">"How the list is filled"</a>
        </p>
    }
}

/// What follows the table: its pages, their size, and the whole selection as a file.
#[component]
fn Foot(query: ListQuery, page: u32, pages: u32, matching: u32) -> impl IntoView {
    let file = |extension: &str| query.href().replacen("/streams", &format!("/streams.{extension}"), 1);
    let (csv, json) = (file("csv"), file("json"));
    let smallest = ListQuery::PAGE_SIZES[0];
    view! {
        <div class="list-foot">
            {(pages > 1).then(|| view! { <Paging query=query.clone() page pages /> })}
            {(matching > smallest).then(|| view! { <RowsPerPage query=query.clone() /> })}
            {(matching > 0).then(|| view! {
                <p class="files">
                    "Download " <a href=csv download="">"CSV"</a> " " <a href=json download="">"JSON"</a>
                </p>
            })}
        </div>
    }
}

#[component]
fn Paging(query: ListQuery, page: u32, pages: u32) -> impl IntoView {
    let previous =
        (page > 1).then(|| view! { <a rel="prev" href=query.on_page(page - 1).href() data-nav="">"Previous"</a> });
    let next =
        (page < pages).then(|| view! { <a rel="next" href=query.on_page(page + 1).href() data-nav="">"Next"</a> });
    view! {
        <nav class="paging" aria-label="Pages of the list">
            {previous} <span>{format!("Page {page} of {pages}")}</span> {next}
        </nav>
    }
}

#[component]
fn RowsPerPage(query: ListQuery) -> impl IntoView {
    let sizes = ListQuery::PAGE_SIZES.map(|per| {
        let href = ListQuery { per, page: 1, ..query.clone() }.href();
        let is_on = query.per == per;
        view! { <a href=href aria-current=is_on.then_some("true") data-nav="">{per}</a> }
    });
    view! {
        <nav class="paging" aria-label="Rows per page">
            <span>"Rows per page"</span> {sizes.into_iter().collect_view()}
        </nav>
    }
}
