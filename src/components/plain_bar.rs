//! The bar of error pages.

use leptos::prelude::*;

use super::{BRAND, drawing};
use crate::model::access::identity::Role;

/// The pages in the bar.
pub const PAGES: [(&str, &str); 6] = [
    ("/streams", "Streams"),
    ("/changes", "Changes"),
    ("/keys", "Keys"),
    ("/audit", "Audit"),
    ("/settings", "Settings"),
    ("/help", "Help"),
];

/// The bar without its live parts. It needs neither a router nor a read, which might be what failed.
#[component]
pub fn PlainBar(user_name: String, role: Role, is_demo: bool, is_read_only: bool) -> impl IntoView {
    let pages = PAGES.map(|(href, word)| view! { <a href=href>{word}</a> });
    view! {
        <header id="bar" class="bar">
            <a class="brand" href="/streams">{drawing(BRAND)}<span class="brand-name">"Keystream"</span></a>
            <button type="button" class="quiet menu" popovertarget="pages">"Menu"</button>
            <nav id="pages" aria-label="Pages" popover="auto">{pages.into_iter().collect_view()}</nav>
            {is_demo.then(|| view! { <span class="tag">"Demo"</span> })}
            {is_read_only.then(|| view! { <span class="tag">"Read-only"</span> })}
            <span class="spacer"></span>
            <span class="person">
                <span class="person-name">{user_name}</span> " " <span class="role">{role.into_str()}</span>
            </span>
            <form method="post" action="/api/sign-out">
                <button type="submit" class="quiet">"Sign out"</button>
            </form>
        </header>
    }
}
