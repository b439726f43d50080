//! What the bar of every page begins and ends with, and the bar of error pages.

use leptos::prelude::*;

use super::{BRAND, drawing};
use crate::model::access::identity::Role;

/// The pages in the bar.
const PAGES: [(&str, &str); 6] = [
    ("/streams", "Streams"),
    ("/changes", "Changes"),
    ("/keys", "Keys"),
    ("/audit", "Audit"),
    ("/settings", "Settings"),
    ("/help", "Help"),
];

/// The name, the pages, of which that at `path` is marked, and what is special about this installation.
#[component]
pub fn BarStart(#[prop(optional, into)] path: String, is_demo: bool, is_read_only: bool) -> impl IntoView {
    let pages = PAGES.map(|(href, word)| {
        let is_current = path.strip_prefix(href).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        view! { <a href=href aria-current=is_current.then_some("page")>{word}</a> }
    });
    view! {
        <a class="brand" href="/streams">{drawing(BRAND)}<span class="brand-name">"Keystream"</span></a>
        <button type="button" class="quiet menu" popovertarget="pages">"Menu"</button>
        <nav id="pages" aria-label="Pages" popover="auto">{pages.into_iter().collect_view()}</nav>
        {is_demo.then(|| view! { <span class="tag">"Demo"</span> })}
        {is_read_only.then(|| view! { <span class="tag">"Read-only"</span> })}
        <span class="spacer"></span>
    }
}

/// Who is signed in, and the way out.
#[component]
pub fn BarEnd(user_name: String, role: Role) -> impl IntoView {
    view! {
        <span class="person">
            <span class="person-name">{user_name}</span> " " <span class="role">{role.into_str()}</span>
        </span>
        <form method="post" action="/api/sign-out">
            <button type="submit" class="quiet">"Sign out"</button>
        </form>
    }
}

/// The bar without its live parts. It needs neither a router nor a read, which might be what failed.
#[component]
pub fn PlainBar(user_name: String, role: Role, is_demo: bool, is_read_only: bool) -> impl IntoView {
    view! {
        <header id="bar" class="bar"><BarStart is_demo is_read_only /> <BarEnd user_name role /></header>
    }
}
