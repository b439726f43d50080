//! The search and the filters of the list, with the number of streams for each value, and the menu of its columns.
//!
//! They are plain GET forms. Search and filters are one form, so that either button keeps what is filled in for the
//! other. The columns have their own, because only a choice made there is kept.

use leptos::prelude::*;

use super::ActiveFilters;
use crate::{
    model::list::{AgeFilter, ExtraColumn, FacetGroup, ListQuery, Parameter, TagFilter},
    view::list,
};

/// The line over the table: search, filters, columns, and what is selected.
#[component]
pub fn Filters(
    query: ListQuery,
    columns: Vec<ExtraColumn>,
    facets: Vec<FacetGroup>,
    matching: u32,
    all: u32,
) -> impl IntoView {
    view! {
        <div class="toolbar">
            <form id="filters" method="get" action="/streams" role="search" data-nav="">
                <label class="visually-hidden" for="q">"Filter streams"</label>
                <input
                    id="q" r#type="search" name="q" value=query.q.clone() placeholder="Part of a name"
                    autocomplete="off"
                />
                {carried(&query, |name| matches!(name, "sort" | "per" | "cols"))}
                <button type="submit">"Filter"</button>
                <details id="filter-menu" class="drop wide" name="list-menu">
                    <summary>"Filters"</summary>
                    <Panel query=query.clone() facets />
                </details>
            </form>
            <details id="column-menu" class="drop" name="list-menu">
                <summary>"Columns"</summary>
                <Columns query=query.clone() columns />
            </details>
            {query.is_filtered().then(|| view! {
                <ActiveFilters filters=list::active_filters(&query) unfiltered=query.unfiltered().href() />
                <span class="found">{format!("{matching} of {all} streams match.")}</span>
            })}
        </div>
    }
}

/// The filters' fields.
#[component]
fn Panel(query: ListQuery, facets: Vec<FacetGroup>) -> impl IntoView {
    let tags = query.tag.iter().map(TagFilter::as_str).collect::<Vec<_>>().join(",");
    view! {
        <div class="panel">
            <div class="facet-groups">
                {facets.into_iter().map(group).collect_view()}
                <fieldset>
                    <legend>"Key and tag"</legend>
                    {text("Part of the key", "key", query.key)} {text("Tag, as KEY or KEY=VALUE", "tag", tags)}
                </fieldset>
                <fieldset>
                    <legend>"Last read"</legend>
                    {option("radio", "age", "", "any time", query.age.is_none())}
                    {AgeFilter::ALL
                        .map(|age| option("radio", "age", age.slug(), list::age(age), query.age == Some(age)))
                        .into_iter()
                        .collect_view()}
                </fieldset>
            </div>
            <button type="submit" class="primary">"Apply"</button>
        </div>
    }
}

/// The form that chooses the optional columns, which the server keeps for this browser.
#[component]
fn Columns(query: ListQuery, columns: Vec<ExtraColumn>) -> impl IntoView {
    let ticks = ExtraColumn::ALL
        .map(|column| option("checkbox", "cols", column.slug(), list::extra_column(column), columns.contains(&column)));
    view! {
        <form method="get" action="/streams" class="panel" data-nav="">
            {carried(&query, |name| !matches!(name, "cols" | "page"))}
            <input r#type="hidden" name="keep" value="cols" />
            <input r#type="hidden" name="cols" value="none" />
            <fieldset><legend class="visually-hidden">"Columns"</legend> {ticks.into_iter().collect_view()}</fieldset>
            <button type="submit" class="primary">"Save columns"</button>
        </form>
    }
}

/// Returns hidden fields that keep the parts of the query that a form doesn't show.
fn carried(query: &ListQuery, is_carried: fn(&str) -> bool) -> impl IntoView + use<> {
    let pairs = query.pairs().into_iter().filter(|(name, _)| is_carried(name));
    pairs.map(|(name, value)| view! { <input r#type="hidden" name=name value=value /> }).collect_view()
}

fn group(group: FacetGroup) -> impl IntoView {
    let FacetGroup { filter, options } = group;
    // What moves while the page is open is counted above the list, where events keep it up to date.
    let is_counted = !matches!(filter, Parameter::Encryption | Parameter::Status);
    let options = options.into_iter().map(|facet| {
        let words = list::value(filter, &facet.value);
        let label = if is_counted { format!("{words} ({})", facet.count) } else { words };
        option("checkbox", filter.slug(), facet.value, label, facet.is_chosen)
    });
    view! { <fieldset><legend>{list::filter(filter)}</legend> {options.collect_view()}</fieldset> }
}

fn option(
    kind: &'static str,
    name: &'static str,
    value: impl Into<String>,
    label: impl Into<String>,
    is_chosen: bool,
) -> impl IntoView {
    let (value, label): (String, String) = (value.into(), label.into());
    view! { <label><input r#type=kind name=name value=value checked=is_chosen /> " " {label}</label> }
}

fn text(label: &'static str, name: &'static str, value: String) -> impl IntoView {
    view! { <label>{label} <input r#type="text" name=name value=value autocomplete="off" /></label> }
}
