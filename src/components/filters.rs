//! The search and the filters of the list, with the number of streams for each value.
//!
//! They are plain GET forms: without wasm the browser loads the address they produce. The current choices are set as
//! attributes, never as properties, which would undo what is being filled in at every update; `forms_follow` resets
//! them when the address changes.

use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    client::is_open_now,
    model::list::{AgeFilter, ExtraColumn, FacetGroup, ListQuery, TagFilter},
    view::list,
};

/// The search and the filters. `is_open` says whether the filter panel is open.
#[component]
pub fn Filters(
    query: ListQuery,
    facets: Vec<FacetGroup>,
    matching: u32,
    all: u32,
    is_open: RwSignal<bool>,
    on_submit: Callback<SubmitEvent>,
) -> impl IntoView {
    let found = if query.is_filtered() { format!("{matching} of {all} streams match.") } else { String::new() };
    let clear = query.is_filtered().then(|| view! { <a href=query.unfiltered().href()>"Clear filters"</a> }.into_any());
    view! {
        <form method="get" action="/streams" class="search" role="search" on:submit=move |event| on_submit.run(event)>
            <label class="visually-hidden" for="q">"Filter streams"</label>
            <input
                id="q" r#type="search" name="q" value=query.q.clone() placeholder="Part of a name" autocomplete="off"
            />
            {carried(&query, |name| !matches!(name, "q" | "page"))}
            <button type="submit">"Filter"</button>
            {clear}
            <span class="found">{found}</span>
        </form>
        <details class="more" open=move || is_open.get() on:toggle=move |event| is_open.set(is_open_now(&event))>
            <summary>"Filters and columns"</summary>
            <form method="get" action="/streams" class="facet-groups" on:submit=move |event| on_submit.run(event)>
                {carried(&query, |name| matches!(name, "q" | "sort"))}
                {facets.into_iter().map(group).collect_view()}
                <fieldset>
                    <legend>"Key and tag"</legend>
                    {text("Part of the key", "key", query.key.clone())}
                    {text(
                        "Tag, as KEY or KEY=VALUE",
                        "tag",
                        query.tag.iter().map(TagFilter::as_str).collect::<Vec<_>>().join(","),
                    )}
                </fieldset>
                <fieldset>
                    <legend>"Last read"</legend>
                    {choice("age", "", "any time", query.age.is_none())}
                    {AgeFilter::ALL
                        .map(|age| choice("age", age.slug(), list::age(age), query.age == Some(age)))
                        .into_iter()
                        .collect_view()}
                </fieldset>
                <fieldset>
                    <legend>"Columns"</legend>
                    <input r#type="hidden" name="cols" value="none" />
                    {ExtraColumn::ALL
                        .map(|column| {
                            let is_on = query.columns().contains(&column);
                            tick("cols", column.slug(), list::extra_column(column), is_on)
                        })
                        .into_iter()
                        .collect_view()}
                </fieldset>
                <fieldset>
                    <legend>"Rows per page"</legend>
                    {ListQuery::PAGE_SIZES
                        .map(|per| choice("per", &per.to_string(), &per.to_string(), query.per == per))
                        .into_iter()
                        .collect_view()}
                </fieldset>
                <button type="submit">"Apply"</button>
            </form>
        </details>
    }
}

/// Returns hidden fields that keep the parts of the query that a form doesn't show.
fn carried(query: &ListQuery, is_carried: fn(&str) -> bool) -> AnyView {
    let pairs = query.pairs().into_iter().filter(|(name, _)| is_carried(name));
    pairs
        .map(|(name, value)| view! { <input r#type="hidden" name=name value=value /> }.into_any())
        .collect_view()
        .into_any()
}

fn group(group: FacetGroup) -> AnyView {
    let FacetGroup { filter, options } = group;
    let options = options.into_iter().map(|option| {
        let label = format!("{} ({})", list::value(filter, &option.value), option.count);
        tick(filter.slug(), &option.value, &label, option.is_chosen)
    });
    view! { <fieldset><legend>{list::filter(filter)}</legend>{options.collect_view()}</fieldset> }.into_any()
}

fn tick(name: &str, value: &str, label: &str, is_chosen: bool) -> AnyView {
    option("checkbox", name, value, label, is_chosen)
}

fn choice(name: &str, value: &str, label: &str, is_chosen: bool) -> AnyView {
    option("radio", name, value, label, is_chosen)
}

fn option(kind: &'static str, name: &str, value: &str, label: &str, is_chosen: bool) -> AnyView {
    let (name, value, label) = (name.to_owned(), value.to_owned(), label.to_owned());
    view! { <label><input r#type=kind name=name value=value checked=is_chosen /> " " {label}</label> }.into_any()
}

fn text(label: &'static str, name: &'static str, value: String) -> AnyView {
    view! { <label>{label} <input r#type="text" name=name value=value autocomplete="off" /></label> }.into_any()
}
