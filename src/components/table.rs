//! The table used on every page: it scrolls sideways in its own box and becomes cards on small screens.

use leptos::prelude::*;

/// The table; `children` are its rows, whose cells name their columns in `data-label`.
#[component]
pub fn Table(
    caption: &'static str,
    class: &'static str,
    columns: &'static [&'static str],
    children: Children,
) -> impl IntoView {
    let heads = columns.iter().map(|column| view! { <th scope="col">{*column}</th> }).collect_view();
    view! {
        <div class="table-scroll">
            <table class=class>
                <caption class="visually-hidden">{caption}</caption>
                <thead><tr>{heads}</tr></thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
}
