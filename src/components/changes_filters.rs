//! The search and the filters of the list of changes: one plain GET form, and the active filters as links that remove
//! them.

use leptos::prelude::*;

use super::ActiveFilters;
use crate::{
    model::{
        day::Day,
        list::{ChangesQuery, StateFilter},
    },
    view::changes_list,
};

/// The line over the table of changes.
#[component]
pub fn ChangesFilters(query: ChangesQuery) -> impl IntoView {
    view! {
        <div class="toolbar">
            <form id="filters" method="get" action="/changes" role="search" data-nav="">
                <label class="visually-hidden" for="q">"Filter changes"</label>
                <input
                    id="q" r#type="search" name="q" value=query.q.clone() placeholder="Part of a stream's name"
                    autocomplete="off"
                />
                <button type="submit">"Filter"</button>
                <details id="filter-menu" class="drop wide">
                    <summary>"Filters"</summary>
                    <Panel query=query.clone() />
                </details>
            </form>
            {query.is_filtered().then(|| view! {
                <ActiveFilters filters=changes_list::active_filters(&query) unfiltered=query.unfiltered().href() />
            })}
        </div>
    }
}

#[component]
fn Panel(query: ChangesQuery) -> impl IntoView {
    let states = StateFilter::ALL.map(|state| {
        let is_chosen = query.state.contains(&state);
        view! {
            <label>
                <input r#type="checkbox" name="state" value=state.slug() checked=is_chosen />
                " " {changes_list::state(state)}
            </label>
        }
    });
    let day = |day: Option<Day>| day.map(Day::text).unwrap_or_default();
    view! {
        <div class="panel">
            <div class="facet-groups">
                <fieldset><legend>"State"</legend> {states.into_iter().collect_view()}</fieldset>
                <fieldset>
                    <legend>"Requested"</legend>
                    <label>
                        "By (user name) "
                        <input r#type="text" name="by" value=query.by autocomplete="off" spellcheck="false" />
                    </label>
                    <label>"From (UTC) " <input r#type="date" name="from" value=day(query.from) /></label>
                    <label>"To (UTC) " <input r#type="date" name="to" value=day(query.to) /></label>
                </fieldset>
            </div>
            <button type="submit" class="primary">"Apply"</button>
        </div>
    }
}
