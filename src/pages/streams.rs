//! `/streams`: every stream with its encryption state.

use leptos::{ev::SubmitEvent, prelude::*};
use leptos_meta::Title;
use leptos_router::{NavigateOptions, hooks::use_navigate, params::ParamsMap};

use super::{
    Follows,
    confirm_dialog::{ConfirmDialog, Confirming},
    loaded, shown_with_rows,
};
use crate::{
    api,
    client::{form_pairs, forms_follow, live::Live},
    components::{Filters, OnConfirm, SelfRefresh, StreamsTable, TargetStrip},
    model::{
        list::{Counts, ListQuery, StatusFilter},
        stream::encryption::EncryptionState,
    },
    view::{
        list,
        pages::{ListPage, PageContent},
    },
};

/// The list.
#[component]
pub fn StreamsPage() -> impl IntoView {
    let page = loaded(Follows::News, |request| {
        let asking = api::streams::list_streams(pairs(&request.query), request.is_refresh);
        async { asking.await.map(PageContent::Streams) }
    });
    let live = expect_context::<Live>();
    let confirming: Confirming = RwSignal::new(None);
    let on_confirm = OnConfirm::new(move |request| confirming.set(Some(request)));
    // Kept here, because updates redraw the list and must not close a panel that is being filled in.
    let is_open = RwSignal::new(false);
    let drawn = StoredValue::new(None::<String>);
    let navigate = use_navigate();
    // Without wasm, the browser loads the same addresses.
    let on_submit = Callback::new(move |event: SubmitEvent| {
        if let Some(pairs) = form_pairs(&event) {
            event.prevent_default();
            let address = ListQuery::address(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            navigate(&address, NavigateOptions::default());
        }
    });
    view! {
        <Title text="Streams" />
        {shown_with_rows(page, move |content| match content {
            PageContent::Streams(page) => {
                let href = page.query.href();
                match drawn.get_value() {
                    None => is_open.set(page.query.is_narrowed()),
                    Some(drawn) if drawn != href => forms_follow(),
                    Some(_) => {}
                }
                drawn.set_value(Some(href));
                live.rendered(&page.selection.rows);
                Some(view! { <List page is_open on_confirm on_submit /> }.into_any())
            }
            _ => None,
        })}
        <ConfirmDialog confirming />
    }
}

/// Returns the query of the address as pairs.
fn pairs(address: &ParamsMap) -> Vec<(String, String)> {
    address.into_iter().map(|(name, value)| (name.to_string(), value.to_owned())).collect()
}

#[component]
fn List(
    page: ListPage,
    is_open: RwSignal<bool>,
    on_confirm: OnConfirm,
    on_submit: Callback<SubmitEvent>,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let ListPage { query, ignored, selection, counts, facets } = page;
    let is_moving =
        counts.changing > 0 || live.targets.with_untracked(|targets| targets.iter().any(|target| target.unread > 0));
    let refresh_address = query.href();
    let is_empty = selection.rows.is_empty();
    view! {
        <SelfRefresh address=refresh_address is_wanted=is_moving />
        <div class="title-line">
            <h1>"Streams"</h1>
            <span class="count">{counts.all}</span>
        </div>
        <TargetStrip />
        <FacetLine counts query=query.clone() />
        <Filters query=query.clone() facets matching=selection.matching all=counts.all is_open on_submit />
        {(!ignored.is_empty()).then(|| view! { <p role="alert" class="alert">{ignored.join(" ")}</p> }.into_any())}
        <StreamsTable rows=selection.rows query=query.clone() on_confirm />
        {is_empty.then(|| view! { <Nothing query=query.clone() all=counts.all /> }.into_any())}
        <Paging query page=selection.page pages=selection.pages />
    }
}

/// Four counts over the whole inventory, each a filter.
#[component]
fn FacetLine(counts: Counts, query: ListQuery) -> impl IntoView {
    let encryption = |state: EncryptionState, count: u32, class: &'static str| {
        let is_on = query.encryption == [state];
        let encryption = if is_on { Vec::new() } else { vec![state] };
        let href = ListQuery { encryption, page: 1, ..query.clone() }.href();
        view! {
            <li>
                <a class=class href=href aria-current=is_on.then_some("true")>
                    <strong>{count}</strong> " " {list::encryption(state).to_ascii_lowercase()}
                </a>
            </li>
        }
    };
    let is_changing_on = query.status == [StatusFilter::Changing];
    let status = if is_changing_on { Vec::new() } else { vec![StatusFilter::Changing] };
    let changing = ListQuery { status, page: 1, ..query.clone() }.href();
    view! {
        <ul class="facets" aria-label="Filters by state">
            {encryption(EncryptionState::Encrypted, counts.encrypted, "facet encrypted")}
            {encryption(EncryptionState::NotEncrypted, counts.not_encrypted, "facet not-encrypted")}
            {encryption(EncryptionState::Unknown, counts.unknown, "facet unknown")}
            <li>
                <a class="facet moving" href=changing aria-current=is_changing_on.then_some("true")>
                    <strong>{counts.changing}</strong> " changing"
                </a>
            </li>
        </ul>
    }
}

/// Says why the table is empty.
#[component]
fn Nothing(query: ListQuery, all: u32) -> impl IntoView {
    let (text, href, link) = if all > 0 {
        ("No stream matches these filters.", query.unfiltered().href(), "Clear filters")
    } else {
        (
            "No streams yet. The targets may not be listed yet, or they may have none.",
            "/help".to_owned(),
            "How the list is filled",
        )
    };
    view! { <p class="nothing">{text} " " <a href=href rel="external">{link}</a></p> }
}

#[component]
fn Paging(query: ListQuery, page: u32, pages: u32) -> impl IntoView {
    (pages > 1).then(|| {
        let previous =
            (page > 1).then(|| view! { <a rel="prev" href=query.on_page(page - 1).href()>"Previous"</a> }.into_any());
        let next =
            (page < pages).then(|| view! { <a rel="next" href=query.on_page(page + 1).href()>"Next"</a> }.into_any());
        view! {
            <nav class="paging" aria-label="Pages of the list">
                {previous} <span>{format!("Page {page} of {pages}")}</span> {next}
            </nav>
        }
    })
}
