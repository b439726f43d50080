//! The search and the filters of the list of changes: one plain GET form, and the active filters as links that remove
//! them.

use leptos::prelude::*;

use super::{CROSS, drawing};
use crate::{
    model::{
        day::Day,
        list::{ChangesFilter, ChangesQuery, StateFilter},
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
            {query.is_filtered().then(|| view! { <Active query /> })}
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

/// The active filters, each a link that removes it.
#[component]
fn Active(query: ChangesQuery) -> impl IntoView {
    let filters = active(&query).into_iter().map(|(filter, label)| {
        view! {
            <li>
                <a class="chip active" href=query.without(filter).href() data-nav="">
                    <span class="visually-hidden">"Remove filter: "</span> {label} {drawing(CROSS)}
                </a>
            </li>
        }
    });
    view! {
        <ul class="chips" aria-label="Active filters">{filters.collect_view()}</ul>
        <a class="clear" href=query.unfiltered().href() data-nav="">"Clear filters"</a>
    }
}

fn active(query: &ChangesQuery) -> Vec<(ChangesFilter, String)> {
    let states: Vec<&str> = query.state.iter().map(|state| changes_list::state(*state)).collect();
    let day = |word: &str, day: Option<Day>| day.map_or_else(String::new, |day| format!("{word} {}", day.text()));
    let all = [
        (ChangesFilter::Q, query.q.clone()),
        (ChangesFilter::State, states.join(", ")),
        (ChangesFilter::By, if query.by.is_empty() { String::new() } else { format!("by {}", query.by) }),
        (ChangesFilter::From, day("from", query.from)),
        (ChangesFilter::To, day("to", query.to)),
    ];
    all.into_iter().filter(|(_, label)| !label.is_empty()).collect()
}
