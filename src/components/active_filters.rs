//! The active filters of a list.

use leptos::prelude::*;

use super::{CROSS, drawing};
use crate::view::list::ActiveFilter;

/// The active filters, each a link that removes it, and the link that removes all.
#[component]
pub fn ActiveFilters(filters: Vec<ActiveFilter>, unfiltered: String) -> impl IntoView {
    let filters = filters.into_iter().map(|filter| {
        view! {
            <li>
                <a class="chip active" href=filter.without data-nav="">
                    <span class="visually-hidden">"Remove filter: "</span> {filter.label} {drawing(CROSS)}
                </a>
            </li>
        }
    });
    view! {
        <ul class="chips" aria-label="Active filters">{filters.collect_view()}</ul>
        <a class="clear" href=unfiltered data-nav="">"Clear filters"</a>
    }
}
